import type { SuiteIt } from "./SuiteIt.ts"

export const inheritance = (_it: SuiteIt, _spawner?: string): void => {}
