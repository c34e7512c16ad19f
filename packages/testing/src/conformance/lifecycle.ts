import type { SuiteIt } from "./SuiteIt.ts"

export const lifecycle = (_it: SuiteIt, _spawner?: string): void => {}
