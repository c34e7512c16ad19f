import { InvalidArgument, toInvalidArgument } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { IpcOption } from "./ProcessMessages.ts"

/** Between what a program calls a message and one line of JSON. */
export interface MessageCodec {
  readonly encode: (message: unknown) => Result.Result<Uint8Array, InvalidArgument>
  /** Of what {@link parseLine} has made of a line. */
  readonly decode: (value: unknown) => Result.Result<unknown, InvalidArgument>
}

/** The codec for what the option says. What it says has been looked at before. */
export const messageCodec = (option: IpcOption): MessageCodec => {
  const { incoming = Schema.Json, outgoing = Schema.Json } = option === true ? {} : option
  const decode = unbreakable(Schema.decodeUnknownResult(incoming))
  const encode = unbreakable(Schema.encodeUnknownResult(outgoing))
  return { encode: (message) => Result.flatMap(encode(message), toLine), decode }
}

type Run = (value: unknown) => Result.Result<unknown, Schema.SchemaError>

/** A child must not be able to break its reader by brackets alone. */
const unbreakable =
  (run: Run): MessageCodec["decode"] =>
  (value) => {
    try {
      return Result.mapError(run(value), placeIn)
    } catch {
      return Result.fail(wrong("its schema broke on it; it may be nested too deeply"))
    }
  }

/** Whether a value may be the option `ipc`. */
export const isIpcOption = (value: unknown): value is IpcOption => {
  if (value === true) return true
  if (typeof value !== "object" || value === null) return false
  return Object.entries(value).every(
    ([name, schema]) => ["incoming", "outgoing"].includes(name) && (schema === undefined || Schema.isSchema(schema))
  )
}

/** The value of a line, or that it is not JSON. What it is, is not said: it may hold a secret. */
export const parseLine = (line: Uint8Array): Result.Result<unknown, InvalidArgument> => {
  try {
    return Result.succeed(JSON.parse(decoder.decode(line)))
  } catch {
    return Result.fail(wrong("it is not JSON"))
  }
}

/** The name of one of Node's own messages, which no program sees. See `isInternal` in Node's lib/internal/child_process.js. */
export const internalCommand = (value: unknown): string | undefined => {
  const cmd: unknown = Object(value).cmd
  return typeof cmd === "string" && cmd.length > INTERNAL_PREFIX.length && cmd.startsWith(INTERNAL_PREFIX)
    ? cmd
    : undefined
}

/** One of Node's own messages. */
export const internalLine = (cmd: string): Uint8Array => encoder.encode(`${JSON.stringify({ cmd })}\n`)

const INTERNAL_PREFIX = "NODE_"

const encoder = new TextEncoder()
// As Node reads its channel: what is not UTF-8 becomes U+FFFD, within a text that is still JSON.
const decoder = new TextDecoder()

const toLine = (value: unknown): Result.Result<Uint8Array, InvalidArgument> => {
  if (internalCommand(value) !== undefined) {
    return Result.fail(wrong("a `cmd` that begins with NODE_ is Node's own; the child would not be told of it"))
  }
  try {
    const json = JSON.stringify(value) as string | undefined
    return json === undefined ? Result.fail(notJson) : Result.succeed(encoder.encode(`${json}\n`))
  } catch {
    return Result.fail(notJson)
  }
}

const wrong = (problem: string): InvalidArgument => new InvalidArgument({ argument: "message", problem })

const notJson = wrong("it cannot be written as JSON")

const placeIn = (error: Schema.SchemaError): InvalidArgument => {
  const { argument, problem } = toInvalidArgument("", error)
  const place = argument === "" || argument.startsWith("[") ? argument : `.${argument}`
  return new InvalidArgument({ argument: `message${place}`, problem })
}
