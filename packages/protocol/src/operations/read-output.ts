import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessId } from "../process/ProcessId.ts"
import { ProcessStatus } from "../process/ProcessInfo.ts"

const StreamOutput = Schema.Struct({
  bytes: Schema.Uint8Array,
  /** Bytes that came before these and are no longer kept. */
  dropped: Schema.Natural
})

/**
 * What a process has put out since this connection last asked, as far as it is still kept. Answers at once, perhaps with
 * nothing.
 *
 * If `status` says that it does not run and `ended` that its streams are over, nothing will follow.
 */
export const readOutput = Rpc.make("readOutput", {
  payload: { id: ProcessId },
  success: Schema.Struct({ stdout: StreamOutput, stderr: StreamOutput, status: ProcessStatus, ended: Schema.Boolean }),
  error: ProcessError
})
