import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessInfo } from "../process/ProcessInfo.ts"
import { SpawnSpec } from "../process/SpawnSpec.ts"
import { Channel } from "../wire/Frame.ts"

/**
 * Starts a process. Answers once the operating system has started it.
 *
 * The client chooses the channel, so that it listens before the first frame can arrive; a channel in use is refused.
 */
export const spawn = Rpc.make("spawn", {
  payload: { channel: Channel, spec: SpawnSpec },
  success: ProcessInfo,
  error: ProcessError
})
