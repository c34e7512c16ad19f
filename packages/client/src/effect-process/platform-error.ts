import { InvalidArgument, PermissionDenied, type ProcessError, SpawnFailed } from "@spawnbroker/protocol"
import type { SystemErrorTag } from "effect/PlatformError"
import * as PlatformError from "effect/PlatformError"
import type { StandardCommand } from "effect/process/ChildProcess"
import * as CommandLine from "effect/process/CommandLine"
import * as Redacted from "effect/Redacted"

const MODULE = "ChildProcess"

/** The reasons that Effect has for some errnos, as its Node platform has them. */
const reasons: ReadonlyMap<string, SystemErrorTag> = new Map([
  ["ENOENT", "NotFound"],
  ["EACCES", "PermissionDenied"],
  ["EPERM", "PermissionDenied"],
  ["EEXIST", "AlreadyExists"],
  ["EISDIR", "BadResource"],
  ["ENOTDIR", "BadResource"],
  ["ELOOP", "BadResource"],
  ["EBUSY", "Busy"]
])

/** The command as it is shown: redacted arguments are not. */
export const displayCommand = ({ command, args }: StandardCommand): string => CommandLine.display([command, ...args])

export const badArgument = (description: string, method = "spawn"): PlatformError.PlatformError =>
  PlatformError.badArgument({ module: MODULE, method, description })

/** An error that the Node platform makes itself, with a message of its own. */
export const unknownError = (method: string, command: StandardCommand, message: string): PlatformError.PlatformError =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: MODULE,
    method,
    pathOrDescriptor: displayCommand(command),
    cause: new Error(message)
  })

/**
 * An error of ours as Effect's platforms tell it: the reason, where it was, and for which command. Our own is its `cause`,
 * and its words are the description.
 */
export const toPlatformError =
  (method: string, command: StandardCommand) =>
  (withSecrets: ProcessError): PlatformError.PlatformError => {
    const error = withoutSecrets(withSecrets, command)
    const { message: description } = error
    if (error._tag === "NotFound" && error.subject === "cwd") {
      const pathOrDescriptor = command.options.cwd ?? error.path
      return PlatformError.systemError({
        _tag: "NotFound",
        module: "FileSystem",
        method: "access",
        pathOrDescriptor,
        syscall: "access",
        description,
        cause: error
      })
    }
    if (error instanceof InvalidArgument && (method === "spawn" || method === "kill"))
      return PlatformError.badArgument({ module: MODULE, method, description, cause: error })
    return PlatformError.systemError({
      _tag: reasonOf(error),
      module: MODULE,
      method,
      pathOrDescriptor: displayCommand(command),
      syscall: syscallOf(error, command),
      description,
      cause: error
    })
  }

const reasonOf = (error: ProcessError): SystemErrorTag => {
  if (error._tag === "NotFound" || error._tag === "PermissionDenied" || error._tag === "TimedOut") return error._tag
  return "errno" in error ? (reasons.get(error.errno) ?? "Unknown") : "Unknown"
}

const syscallOf = (error: ProcessError, { command }: StandardCommand): string | undefined => {
  if (error._tag === "NotFound" || error._tag === "SpawnFailed") return `spawn ${command}`
  return error._tag === "Io" ? error.operation : undefined
}

/** Those errors that repeat the arguments must not repeat the redacted ones. */
const withoutSecrets = (error: ProcessError, command: StandardCommand): ProcessError => {
  if (!command.args.some(Redacted.isRedacted)) return error
  if (error instanceof SpawnFailed) {
    const { cwd, errno } = error
    const args = command.args.map((arg) => (Redacted.isRedacted(arg) ? "<redacted>" : arg))
    return new SpawnFailed({ command: command.command, args, cwd, errno })
  }
  if (error instanceof PermissionDenied) {
    const { hint, rule, subject } = error
    return new PermissionDenied({ rule, subject, hint, what: `the command ${displayCommand(command)}` })
  }
  return error
}
