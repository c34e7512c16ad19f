import { childProcess } from "./child-process.ts"
import { spawnbroker } from "./spawnbroker.ts"
import type { MakeSubject } from "./Subject.ts"

/** Everything that is measured, by the name under which results are kept. */
export const subjects: Readonly<Record<string, MakeSubject>> = {
  child_process: childProcess,
  "spawnbroker-direct": spawnbroker("direct"),
  "spawnbroker-launcher": spawnbroker("launcher")
}
