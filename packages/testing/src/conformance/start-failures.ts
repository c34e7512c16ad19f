import type { SuiteIt } from "./SuiteIt.ts"

export const startFailures = (_it: SuiteIt, _spawner?: string): void => {}
