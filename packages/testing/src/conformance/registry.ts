import type { SuiteIt } from "./SuiteIt.ts"

export const registry = (_it: SuiteIt, _spawner?: string): void => {}
