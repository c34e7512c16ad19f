import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessId } from "../process/ProcessId.ts"
import { ProcessStatus } from "../process/ProcessInfo.ts"

/** Whether a process runs, how it ended if not, and how long it ran. */
export const status = Rpc.make("status", { payload: { id: ProcessId }, success: ProcessStatus, error: ProcessError })
