/**
 * The door in front of Comlink: what may pass to it.
 *
 * Comlink takes any path into the exposed object, and can construct, assign and hand out ports: with a path such as
 * `spawn.constructor` a client could make a function of its own text and run it in the broker. So each message is
 * taken apart here, and only one that calls one of our operations with one plain argument is put together again.
 */
import { InvalidArgument, isPort, LimitExceeded, strictDecoder } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Size of one call at most, as {@link measure} counts. Higher lets a client cost the broker more memory at a time. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024

const Id = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))

/** A call as Comlink writes it. */
const Call = Schema.Struct({
  id: Id,
  type: Schema.Literal("APPLY"),
  path: Schema.Tuple([Schema.String.check(Schema.isMaxLength(100))]),
  argumentList: Schema.Tuple([
    Schema.Struct({
      type: Schema.Literal("RAW"),
      value: Schema.Struct({ payload: Schema.optionalKey(Schema.Unknown) })
    })
  ])
})
export type Call = typeof Call.Type

const decode = strictDecoder("message", Call)
const isId = Schema.is(Id)

/** A call, or why it is none, with the identifier under which its sender waits for an answer, if it has one. */
export type DecodedCall =
  | { readonly call: Call; readonly id: string; readonly error?: never }
  | { readonly call?: never; readonly id: string | undefined; readonly error: InvalidArgument | LimitExceeded }

export const decodeCall = (message: unknown): DecodedCall => {
  const id = idOf(message)
  if (measure(message) > MAX_MESSAGE_BYTES) {
    return { id, error: new LimitExceeded({ limit: "messageBytes", maximum: MAX_MESSAGE_BYTES }) }
  }
  const decoded = decode(message)
  return Result.isSuccess(decoded) ? { call: decoded.success, id: decoded.success.id } : { id, error: decoded.failure }
}

const idOf = (message: unknown): string | undefined => {
  const id = (message as { readonly id?: unknown } | null | undefined)?.id
  return isId(id) ? id : undefined
}

/** Deepest nesting that a message may have. */
const MAX_DEPTH = 16

/**
 * About how many bytes a message holds; infinite if it is too deep, goes in circles, or holds what no operation takes.
 * It stops counting once the limit is passed.
 */
const measure = (value: unknown, depth = 0): number => {
  if (typeof value === "string") return value.length * 2
  if (typeof value !== "object" || value === null) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (isPort(value)) return 8
  if (depth >= MAX_DEPTH || !isPlain(value)) return Infinity
  let bytes = 16
  for (const [key, field] of Object.entries(value)) {
    bytes += key.length * 2 + measure(field, depth + 1)
    if (bytes > MAX_MESSAGE_BYTES) break
  }
  return bytes
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
