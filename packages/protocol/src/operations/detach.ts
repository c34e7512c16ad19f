import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Channel } from "../wire/Frame.ts"

/**
 * From now on the release of a channel does not end its process. The process is still the connection's: when that ends, the
 * policy says what becomes of it (`disconnect`). A channel that is not in use has nothing to end.
 */
export const detach = Rpc.make("detach", { payload: { channel: Channel }, error: ProcessError })
