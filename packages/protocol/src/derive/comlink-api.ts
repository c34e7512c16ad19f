import type * as Rpc from "effect/rpc/Rpc"
import type { ReplyEncoded } from "../wire/Reply.ts"

/** The payload of an operation as it crosses. */
export type PayloadEncoded<R> =
  R extends Rpc.Rpc<infer _Tag, infer Payload, infer _Success, infer _Error, infer _Middleware, infer _Requires>
    ? Payload["Encoded"]
    : never

/** The one argument of a call. Its payload is in a field, since an operation may have none. */
export interface CallMessage<R> {
  readonly payload: PayloadEncoded<R>
}

/**
 * The API that a broker exposes through Comlink, for a group of operations: a method each, encoded payload in, encoded
 * reply out. `Comlink.Remote<ComlinkApi<Operations>>` is what the other end holds.
 */
export type ComlinkApi<Rpcs extends Rpc.Any> = {
  readonly [R in Rpcs as Rpc.Tag<R>]: (message: CallMessage<R>) => Promise<ReplyEncoded<Rpc.SuccessEncoded<R>>>
}
