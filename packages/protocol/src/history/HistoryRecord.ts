/**
 * What is remembered of a process, from its start on, also after the broker has forgotten it or has been started anew.
 *
 * It holds what the facts of the bus hold, and so no secret that those hide: see `BusEvent`.
 */
import * as Schema from "effect/Schema"
import { StartOperation } from "../events/BusEvent.ts"
import { TokenId } from "../events/TokenId.ts"
import { ExceededLimit } from "../policy/Limits.ts"
import { ExitStatus } from "../process/ExitStatus.ts"
import { Fd } from "../process/Fd.ts"
import { KilledBy } from "../process/Lifecycle.ts"
import { Pid, ProcessId } from "../process/ProcessId.ts"
import { StreamBytes } from "../process/ProcessInfo.ts"

/**
 * `exited`: more of its output may come. `lost`: how it ended is not known, since its broker ended first, or since that could
 * not be written.
 */
export const HistoryState = Schema.Literals(["running", "exited", "closed", "lost"])
export type HistoryState = typeof HistoryState.Type

/** What is kept of one output. */
const KeptStream = Schema.Struct({
  fd: Fd,
  /** Its last bytes, so many. */
  bytes: Schema.Natural,
  /** Bytes before those, which are not kept. */
  omitted: Schema.Natural
})

/** A place in the output of a process that fits what was searched for: the first one. */
export const FoundOutput = Schema.Struct({
  fd: Fd,
  /** The line in which it begins, at most 500 characters of it. */
  line: Schema.String
})
export type FoundOutput = typeof FoundOutput.Type

/** Times are milliseconds since the epoch. */
export const HistoryRecord = Schema.Struct({
  id: ProcessId,
  pid: Pid,
  subject: Schema.String,
  tokenId: TokenId,
  operation: StartOperation,
  command: Schema.String,
  /** Secrets are masked. */
  args: Schema.Array(Schema.String),
  /** Arguments that are not shown. */
  argsOmitted: Schema.optionalKey(Schema.Natural),
  /** The real path of the program. */
  file: Schema.String,
  cwd: Schema.String,
  /** What allowed it, as a path into the policy. */
  rule: Schema.String,
  state: HistoryState,
  startedAt: Schema.Finite,
  exitedAt: Schema.optionalKey(Schema.Finite),
  /** From the request to the exit. */
  durationMs: Schema.optionalKey(Schema.Finite),
  exit: Schema.optionalKey(ExitStatus),
  killedBy: Schema.optionalKey(KilledBy),
  limit: Schema.optionalKey(ExceededLimit),
  /** All that passed. Absent until it is closed. */
  bytes: Schema.optionalKey(StreamBytes),
  /** Processor time, of it and of those of its descendants that it has waited for. Absent where the system does not tell. */
  cpuMs: Schema.optionalKey(Schema.Finite),
  /** The most resident memory that it had at a time. Absent where the system does not tell. */
  peakRssBytes: Schema.optionalKey(Schema.Natural),
  /** What is kept of its output. Absent where that is nothing. */
  kept: Schema.optionalKey(Schema.Array(KeptStream)),
  /** Present where output was searched. */
  found: Schema.optionalKey(FoundOutput)
})
export type HistoryRecord = typeof HistoryRecord.Type

/** What is kept of one output, itself. */
export const HistoryOutput = Schema.Struct({
  fd: Fd,
  /** Bytes before these, which are not kept. */
  omitted: Schema.Natural,
  bytes: Schema.Uint8Array
})
export type HistoryOutput = typeof HistoryOutput.Type
