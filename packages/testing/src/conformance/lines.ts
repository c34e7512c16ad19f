import type { SuiteIt } from "./SuiteIt.ts"

export const lines = (_it: SuiteIt, _spawner?: string): void => {}
