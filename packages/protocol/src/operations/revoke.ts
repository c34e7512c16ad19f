import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"

/** Ends a token that was derived from the client's own, and all that were derived from that one. */
export const revoke = Rpc.make("revoke", {
  payload: { token: Schema.String.check(Schema.isMaxLength(512)), kill: Schema.Boolean },
  error: ProcessError
})
