import type { SuiteIt } from "./SuiteIt.ts"

export const shortage = (_it: SuiteIt, _spawner?: string): void => {}
