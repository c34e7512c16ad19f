import { readFileSync } from "node:fs"
import { factsOf } from "./process-facts.ts"
import type { ProcessIdentity } from "./process-tree.ts"

/**
 * Whether a process was started with all of these variables. Nobody but the process itself can change what it says, and only
 * its own user, or root, can read it.
 */
export const bearsMark = ({ pid, startTime }: ProcessIdentity, marks: Readonly<Record<string, string>>): boolean => {
  try {
    const environment = new Set(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0"))
    return (
      factsOf(pid)?.startTime === startTime &&
      Object.entries(marks).every(([name, value]) => environment.has(`${name}=${value}`))
    )
  } catch {
    return false
  }
}
