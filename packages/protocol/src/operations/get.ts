import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessId } from "../process/ProcessId.ts"
import { ProcessInfo } from "../process/ProcessInfo.ts"

/** One process, if this client may see it. */
export const get = Rpc.make("get", { payload: { id: ProcessId }, success: ProcessInfo, error: ProcessError })
