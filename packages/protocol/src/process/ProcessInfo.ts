import * as Schema from "effect/Schema"
import { ExceededLimit } from "../policy/Limits.ts"
import { ExitStatus } from "./ExitStatus.ts"
import { KilledBy } from "./Lifecycle.ts"
import { Pid, ProcessId } from "./ProcessId.ts"

export const ProcessState = Schema.Literals(["starting", "running", "exited", "closed", "failed"])
export type ProcessState = typeof ProcessState.Type

/** Bytes that passed through each stream so far: into the child for stdin, out of it for the other two. */
export const StreamBytes = Schema.Struct({ stdin: Schema.Natural, stdout: Schema.Natural, stderr: Schema.Natural })
export type StreamBytes = typeof StreamBytes.Type

/** A process as the broker's registry knows it, running or recently ended. Times are milliseconds since the epoch. */
export const ProcessInfo = Schema.Struct({
  id: ProcessId,
  /** Absent until it has started. */
  pid: Schema.optionalKey(Pid),
  /** The subject of the policy under which it runs. */
  subject: Schema.String,
  command: Schema.String,
  args: Schema.Array(Schema.String),
  /** The real path of the working directory. */
  cwd: Schema.String,
  state: ProcessState,
  startedAt: Schema.Finite,
  exitedAt: Schema.optionalKey(Schema.Finite),
  exit: Schema.optionalKey(ExitStatus),
  killedBy: Schema.optionalKey(KilledBy),
  /** The limit of its policy that it has exceeded, or that those have who have outlived it. */
  limit: Schema.optionalKey(ExceededLimit),
  /** From the start to the exit, or to now. */
  elapsedMs: Schema.Finite,
  bytes: StreamBytes
})
export type ProcessInfo = typeof ProcessInfo.Type

/** Whether a process still runs, how it ended if it does not, and how long it ran. */
export const ProcessStatus = Schema.Struct({
  running: Schema.Boolean,
  exit: Schema.optionalKey(ExitStatus),
  killedBy: Schema.optionalKey(KilledBy),
  limit: Schema.optionalKey(ExceededLimit),
  elapsedMs: Schema.Finite,
  bytes: StreamBytes
})
export type ProcessStatus = typeof ProcessStatus.Type
