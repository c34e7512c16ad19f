import { accessSync, constants, realpathSync, statSync } from "node:fs"
import { basename, dirname, isAbsolute, join, resolve } from "node:path"
import { type FileIdentity, identityOf } from "../../child/FileIdentity.ts"
import { isProgram } from "./is-program.ts"

/** An executable: where it was found, and the file that is there. */
export interface ResolvedCommand {
  /** Absolute, its directory free of symbolic links; the last step as it was named, since some programs ask for it. */
  readonly found: string
  /** With every link followed. This is what runs. */
  readonly file: string
  /** Which file that is. */
  readonly identity: FileIdentity
}

/**
 * Why nothing can be run under a name. `EACCES`: there is a file, and it may not be executed. `ENOEXEC`: it is neither a
 * program nor a script with a `#!` line.
 */
export type Unresolved = "ENOENT" | "EACCES" | "ENOEXEC"

/**
 * Looks a command up as execvp(3) does, with two differences: the path is the policy's, and its empty and relative
 * elements are passed over, so that a working directory can never supply a program.
 *
 * A relative path with a slash is taken from `cwd`.
 */
export const resolveCommand = (command: string, path: string, cwd: string): ResolvedCommand | Unresolved => {
  const candidates = command.includes("/")
    ? [resolve(cwd, command)]
    : searchPath(path).map((directory) => join(directory, command))
  let reason: Unresolved = "ENOENT"
  for (const candidate of candidates) {
    const executable = tryExecutable(candidate)
    if (typeof executable !== "string") return executable
    if (executable !== "ENOENT") reason = executable
  }
  return reason
}

/** The directories of a PATH that are searched. */
export const searchPath = (path: string): ReadonlyArray<string> => path.split(":").filter(isAbsolute)

const tryExecutable = (path: string): ResolvedCommand | Unresolved => {
  try {
    // Asked first: in most directories of a PATH there is nothing of the name, and an error costs ten times as much.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return "ENOENT"
    const file = realpathSync.native(path)
    // Before the looks at it that follow, so that whatever changes after those is noticed.
    const stats = statSync(file)
    if (!stats.isFile()) return "EACCES"
    accessSync(file, constants.X_OK)
    if (!isProgram(file)) return "ENOEXEC"
    return { found: join(realpathSync.native(dirname(path)), basename(path)), file, identity: identityOf(file, stats) }
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EACCES" ? "EACCES" : "ENOENT"
  }
}
