import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessInfo } from "../process/ProcessInfo.ts"
import { SpawnSpec } from "../process/SpawnSpec.ts"

/**
 * Starts a process in the background: on no channel, so its output goes to what is kept of it. It ends with the connection,
 * unless the policy says otherwise (`disconnect`). Answers once the operating system has started it.
 */
export const start = Rpc.make("start", { payload: { spec: SpawnSpec }, success: ProcessInfo, error: ProcessError })
