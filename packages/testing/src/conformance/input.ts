import type { SuiteIt } from "./SuiteIt.ts"

export const input = (_it: SuiteIt, _spawner?: string): void => {}
