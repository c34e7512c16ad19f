/**
 * The errors of Spawnbroker: a short, closed list.
 *
 * Each is a Schema class, so it crosses threads and sockets as data and comes back as itself. Fields come first; the
 * words are made from them in one place (`explain.ts`). Field values are already free of secrets.
 */
import * as Schema from "effect/Schema"
import { ProcessId } from "../process/ProcessId.ts"
import { codes } from "./codes.ts"
import { explain } from "./explain.ts"
import { showWhenPrinted } from "./show-when-printed.ts"

/** Reading from or writing to a stream of a process failed, as the operating system says. */
export class Io extends Schema.TaggedError<Io>()("Io", {
  operation: Schema.Literals(["read", "write", "close"]),
  /** `stdin`, `stdout`, `stderr`, or `fd3` and so on. */
  stream: Schema.String,
  /** The name of errno(3), such as `EPIPE`. */
  errno: Schema.String
}) {
  readonly code = codes.Io
  override get message(): string {
    return explain(this)
  }
}

/** The stage of a pipeline that it is about, from 0 on. */
const stage = Schema.optionalKey(Schema.Natural)

/** The policy behind the client's token does not allow it. */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", {
  /** The rule that decided, as a path into the policy: `commands`, `commands[2].args`, `deny[0]`, `env.set`. */
  rule: Schema.String,
  /** What was refused, in a few words: the command line, the variable's name, the directory. */
  what: Schema.String,
  /** Whose policy it is. */
  subject: Schema.String,
  /** How a host would allow it. */
  hint: Schema.String,
  /** A command that is granted, and may have been meant. */
  nearest: Schema.optionalKey(Schema.String),
  stage
}) {
  readonly code = codes.PermissionDenied
  override get message(): string {
    return explain(this)
  }
}

/** The command, or the working directory, does not exist. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  subject: Schema.Literals(["command", "cwd"]),
  path: Schema.String,
  /** The directories that were searched for a command without a slash. */
  searched: Schema.optionalKey(Schema.Array(Schema.String)),
  /** A command that is there, and may have been meant. */
  nearest: Schema.optionalKey(Schema.String),
  stage
}) {
  readonly code = codes.NotFound
  override get message(): string {
    return explain(this)
  }
}

/** The command was allowed and found, and the operating system could not start it. */
export class SpawnFailed extends Schema.TaggedError<SpawnFailed>()("SpawnFailed", {
  command: Schema.String,
  args: Schema.Array(Schema.String),
  cwd: Schema.String,
  /** The name of errno(3), such as `EACCES`, `E2BIG`, `ENOEXEC`. */
  errno: Schema.String,
  stage
}) {
  readonly code = codes.SpawnFailed
  override get message(): string {
    return explain(this)
  }
}

/** No process of that name is known here, or this client may not see it. The two are not told apart on purpose. */
export class ProcessNotFound extends Schema.TaggedError<ProcessNotFound>()("ProcessNotFound", {
  id: Schema.String,
  /** Present where `id` is the name of a daemon. */
  kind: Schema.optionalKey(Schema.Literal("daemon"))
}) {
  readonly code = codes.ProcessNotFound
  override get message(): string {
    return explain(this)
  }
}

/** The process has ended, so there is nothing to signal or to write to. */
export class AlreadyExited extends Schema.TaggedError<AlreadyExited>()("AlreadyExited", {
  id: ProcessId,
  operation: Schema.Literals(["kill", "write", "attach"])
}) {
  readonly code = codes.AlreadyExited
  override get message(): string {
    return explain(this)
  }
}

/** The token is not one that this broker would accept now. Why is said only as far as the holder may know it. */
export class InvalidToken extends Schema.TaggedError<InvalidToken>()("InvalidToken", {
  reason: Schema.Literals(["unknown", "revoked", "expired", "missing"])
}) {
  readonly code = codes.InvalidToken
  override get message(): string {
    return explain(this)
  }
}

/** More was asked for, or sent, than is allowed. */
export class LimitExceeded extends Schema.TaggedError<LimitExceeded>()("LimitExceeded", {
  /** What is limited: `messageBytes`, `channels`, or a limit of the policy: `concurrent`, `startsPerMinute`, `stdinBytes`. */
  limit: Schema.String,
  maximum: Schema.Finite,
  /** How many bytes of what was written were accepted. The rest was not. */
  accepted: Schema.optionalKey(Schema.Natural),
  stage
}) {
  readonly code = codes.LimitExceeded
  override get message(): string {
    return explain(this)
  }
}

/** It took longer than it was given. */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  operation: Schema.String,
  timeoutMs: Schema.Finite
}) {
  readonly code = codes.TimedOut
  override get message(): string {
    return explain(this)
  }
}

/** A value that can never be right, whoever asks. Nothing was run. */
export class InvalidArgument extends Schema.TaggedError<InvalidArgument>()("InvalidArgument", {
  /** Where: `args[1]`, `cwd`, `commands[0].command`. */
  argument: Schema.String,
  /** What is wrong with it, and what would be right. */
  problem: Schema.String
}) {
  readonly code = codes.InvalidArgument
  override get message(): string {
    return explain(this)
  }
}

/** The broker is gone: shut down, crashed, or the connection to it was closed. */
export class BrokerUnavailable extends Schema.TaggedError<BrokerUnavailable>()("BrokerUnavailable", {
  reason: Schema.String
}) {
  readonly code = codes.BrokerUnavailable
  override get message(): string {
    return explain(this)
  }
}

/** This broker, on this machine, cannot do it. */
export class Unsupported extends Schema.TaggedError<Unsupported>()("Unsupported", {
  feature: Schema.String,
  hint: Schema.String
}) {
  readonly code = codes.Unsupported
  override get message(): string {
    return explain(this)
  }
}

/** A transform of an output has ended before the output did. What it had made by then has come; nothing else will. */
export class TransformFailed extends Schema.TaggedError<TransformFailed>()("TransformFailed", {
  transform: Schema.String,
  /** `stdout` or `stderr`. */
  stream: Schema.String,
  /**
   * `input`: the output is not what it takes. `threw`: its code broke. `hung`: a step of it took too long. `bloated`: it took
   * too much memory. `lost`: its thread has ended, and it was none of its doing.
   */
  reason: Schema.Literals(["input", "threw", "hung", "bloated", "lost"]),
  problem: Schema.String
}) {
  readonly code = codes.TransformFailed
  override get message(): string {
    return explain(this)
  }
}

/** Every way in which an operation may fail. */
export const ProcessError = Schema.Union([
  Io,
  PermissionDenied,
  NotFound,
  SpawnFailed,
  ProcessNotFound,
  AlreadyExited,
  InvalidToken,
  LimitExceeded,
  TimedOut,
  InvalidArgument,
  BrokerUnavailable,
  Unsupported,
  TransformFailed
])
export type ProcessError = typeof ProcessError.Type

for (const { prototype } of ProcessError.members) showWhenPrinted(prototype)

/** In which way any call may fail, whatever it asks: it is not one, it is too large, or nobody is there to answer it. */
export const AnyCallError = Schema.Union([InvalidArgument, LimitExceeded, BrokerUnavailable])
export type AnyCallError = typeof AnyCallError.Type
