import type { SuiteIt } from "./SuiteIt.ts"

export const termination = (_it: SuiteIt, _spawner?: string): void => {}
