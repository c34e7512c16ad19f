import type { SuiteIt } from "./SuiteIt.ts"

export const interruption = (_it: SuiteIt, _spawner?: string): void => {}
