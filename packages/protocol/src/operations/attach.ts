import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Fd } from "../process/Fd.ts"
import { ProcessId } from "../process/ProcessId.ts"
import { ProcessInfo } from "../process/ProcessInfo.ts"
import { Unread, WindowBytes } from "../process/SpawnSpec.ts"
import { StreamOffsets } from "../process/StreamOffsets.ts"
import { Channel } from "../wire/Frame.ts"

/** Where an output begins on a channel. */
export const OutputStart = Schema.Struct({
  fd: Fd,
  /** Bytes of the stream before the first one that comes. */
  offset: Schema.Natural,
  /** Bytes that were asked for, came before that, and are no longer kept. */
  gone: Schema.Natural
})
export type OutputStart = typeof OutputStart.Type

const { stdout, stderr } = StreamOffsets.fields

/**
 * Puts a process that the client may see on a channel: every fact of its life so far, the output that is still kept if
 * `replay` says so, and then what comes, without a gap and without a repeat. A stream that `from` names goes on from there
 * instead; a place that it has not come to yet is refused.
 *
 * Who only observes holds nothing up: what it does not take in time is dropped (`unread: "tail"`), and it cannot write.
 * Releasing such a channel ends nothing.
 */
export const attach = Rpc.make("attach", {
  payload: {
    channel: Channel,
    id: ProcessId,
    replay: Schema.Boolean,
    from: Schema.optionalKey(Schema.Struct({ stdout: Schema.optionalKey(stdout), stderr: Schema.optionalKey(stderr) })),
    windowBytes: WindowBytes,
    unread: Unread
  },
  success: Schema.Struct({
    info: ProcessInfo,
    /** The descriptors that the client can write to, and those that it can read. */
    inputs: Schema.Array(Fd),
    outputs: Schema.Array(OutputStart)
  }),
  error: ProcessError
})
