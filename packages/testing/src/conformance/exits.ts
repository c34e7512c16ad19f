import type { SuiteIt } from "./SuiteIt.ts"

export const exits = (_it: SuiteIt, _spawner?: string): void => {}
