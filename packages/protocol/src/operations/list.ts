import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ProcessInfo } from "../process/ProcessInfo.ts"

/** The processes that this client may see, running and recently ended, oldest first. */
export const list = Rpc.make("list", { success: Schema.Array(ProcessInfo), error: ProcessError })
