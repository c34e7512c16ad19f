import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { UsageSample } from "../process/ProcessUsage.ts"

/**
 * What the processes use that run and that this client may see. Looked at once a second at most, however many ask. None are in it
 * where the system does not tell.
 */
export const usage = Rpc.make("usage", { success: UsageSample, error: ProcessError })
