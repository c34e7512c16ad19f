import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { InvalidArgument, InvalidToken, LimitExceeded, Unsupported } from "../errors/ProcessError.ts"
import { Port } from "../wire/Port.ts"

/** The version of the wire. A broker refuses a client of another one. */
export const PROTOCOL_VERSION = 1

/**
 * The first call of a session, and the only one that is answered before it: presents the token, and hands over the
 * port on which the bytes will travel.
 */
export const connect = Rpc.make("connect", {
  payload: { version: Schema.Int, token: Schema.String.check(Schema.isMaxLength(512)), data: Port },
  success: Schema.Struct({
    subject: Schema.String,
    /** Whether the policy allows lines of shell. */
    shell: Schema.Boolean
  }),
  error: Schema.Union([InvalidToken, InvalidArgument, LimitExceeded, Unsupported])
})
