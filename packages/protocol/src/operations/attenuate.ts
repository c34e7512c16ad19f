import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Policy } from "../policy/Policy.ts"

/**
 * Derives a token from the client's own, which allows what both policies allow. It ends with the client's own, or before,
 * and not with the connection.
 */
export const attenuate = Rpc.make("attenuate", {
  payload: { policy: Policy },
  success: Schema.String,
  error: ProcessError
})
