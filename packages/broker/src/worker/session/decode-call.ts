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

/** Size of one call at most, as {@link isTooLarge} counts. Higher lets a client cost the broker more memory at a time. */
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
  if (isTooLarge(message)) {
    return { id, error: new LimitExceeded({ limit: "messageBytes", maximum: MAX_MESSAGE_BYTES }) }
  }
  const decoded = decode(message)
  return Result.isSuccess(decoded) ? { call: decoded.success, id: decoded.success.id } : { id, error: decoded.failure }
}

const idOf = (message: unknown): string | undefined => {
  const id = (message as { readonly id?: unknown } | null | undefined)?.id
  return isId(id) ? id : undefined
}

/** Values that a call may hold, all in all. The longest argument list has 65,536. */
const MAX_VALUES = 80_000

/** Deepest nesting that a message may have. */
const MAX_DEPTH = 16

/**
 * Whether a message is larger than a call may be: in bytes, in values, or in depth; or holds what no operation takes.
 *
 * It looks at no more than that much, before anything else looks at all of it.
 */
const isTooLarge = (message: unknown): boolean => {
  let bytes = 0
  let values = 0
  const passes = (value: unknown, depth: number): boolean => {
    if (++values > MAX_VALUES) return false
    bytes += sizeOf(value)
    if (bytes > MAX_MESSAGE_BYTES) return false
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || isPort(value)) return true
    if (depth === MAX_DEPTH || !isPlain(value)) return false
    if (Array.isArray(value))
      return values + value.length <= MAX_VALUES && value.every((item) => passes(item, depth + 1))
    for (const key in value) {
      bytes += key.length * 2
      if (!passes((value as Record<string, unknown>)[key], depth + 1)) return false
    }
    return true
  }
  return !passes(message, 0)
}

const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length * 2
  return ArrayBuffer.isView(value) ? value.byteLength : 8
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}
