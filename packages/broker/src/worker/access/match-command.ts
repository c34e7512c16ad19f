import type { SpawnSpec } from "@spawnbroker/protocol"
import { basename } from "node:path"
import type { CommandRule, Grant } from "./Grant.ts"
import { type ResolvedCommand, resolveCommand, type Unresolved } from "./resolve-command.ts"

/**
 * Whether a rule speaks of this command: it has the same name, or it is found at the same place.
 *
 * The place is where it was found, not the file behind its links: one file may be many programs (busybox), and to be
 * allowed one of them is not to be allowed all.
 */
export const names = (
  rule: CommandRule,
  command: string,
  found: ResolvedCommand | Unresolved,
  grant: Grant
): boolean => {
  if (rule.command === command) return true
  // Told apart by name before anything is looked up: where it was found ends with the name by which it was.
  if (typeof found === "string" || basename(rule.command) !== basename(found.found)) return false
  const ruled = resolveCommand(rule.command, grant.path, "/")
  return typeof ruled !== "string" && ruled.found === found.found
}

/** Deny reaches further than a grant: the same name anywhere, the same place, and any other name of the same file. */
export const isDenied = (
  denied: string,
  spec: SpawnSpec,
  found: ResolvedCommand | Unresolved,
  grant: Grant,
  cwd: string
): boolean => {
  if (denied === spec.command || denied === baseName(spec.command)) return true
  if (typeof found === "string") return false
  if (denied === baseName(found.file)) return true
  const other = resolveCommand(denied, grant.path, cwd)
  return typeof other !== "string" && (other.found === found.found || other.file === found.file)
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1)
