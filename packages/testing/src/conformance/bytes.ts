import type { SuiteIt } from "./SuiteIt.ts"

export const bytes = (_it: SuiteIt, _spawner?: string): void => {}
