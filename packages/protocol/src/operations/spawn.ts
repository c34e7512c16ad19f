import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessInfo } from "../process/ProcessInfo.ts"
import { SpawnSpec } from "../process/SpawnSpec.ts"
import { Channel } from "../wire/Frame.ts"

/**
 * What a client hears of a process that it has started. Its first two facts are in it, `Starting` (`startedAt`) and
 * `Started`; only those that follow come on the channel.
 */
export const SpawnedProcess = Schema.Struct({
  ...ProcessInfo.fields,
  /** When it was `Started`, in milliseconds since the epoch. */
  runsSince: Schema.Finite,
  /** Bytes that it takes on all its inputs together. Absent: any number. */
  stdinBytes: Schema.optionalKey(Schema.Natural)
})
export type SpawnedProcess = typeof SpawnedProcess.Type

/**
 * Starts a process. Answers once the operating system has started it.
 *
 * The client chooses the channel, so that it listens before the first frame can arrive; a channel in use is refused.
 */
export const spawn = Rpc.make("spawn", {
  payload: { channel: Channel, spec: SpawnSpec },
  success: SpawnedProcess,
  error: ProcessError
})
