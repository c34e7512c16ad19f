import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Channel } from "../wire/Frame.ts"

/** The host's stdin, stdout and stderr by their numbers. */
export const HostFd = Schema.Literals([0, 1, 2])
export type HostFd = typeof HostFd.Type

/**
 * Puts one of the host's own standard streams on a channel, where the policy has `stdio: { inherit: true }`. The frames are
 * those of a process: `Data` and `End` of descriptor 0, with a window of `EAGER_BYTES`; `Input` and `InputEnd` of 1 and 2, which
 * are answered by an `End` once the system has taken all that came before, or by `Lost` with `Io`.
 *
 * stdin has one channel at a time: what has been read of it for one client cannot be had by another. The release of a channel
 * closes none of the streams.
 */
export const openHostStream = Rpc.make("openHostStream", {
  payload: { channel: Channel, fd: HostFd },
  error: ProcessError
})
