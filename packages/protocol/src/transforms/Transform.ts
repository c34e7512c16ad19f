import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { strictDecoder, toInvalidArgument } from "../derive/codec.ts"
import { InvalidArgument } from "../errors/ProcessError.ts"
import { TransformName } from "./TransformUse.ts"

/** The name of a transform, and what its results are. */
export interface Transform<Value> {
  readonly name: TransformName
  readonly decode: (text: string) => Result.Result<Value, InvalidArgument>
}

/**
 * A transform by its name, and the schema of its results. A client decodes by its own: what a process, or a transform, puts
 * out is never trusted to be what it should.
 *
 * `schema`: without services, and not asynchronous. Results come as JSON; what that has no form for (dates, bytes) is read as
 * `Schema.toCodecJson` writes it. Throws `InvalidArgument` for a name that is none.
 *
 * **Example** (what is asked for of some JSON lines)
 *
 * ```ts
 * import { Broker } from "@spawnbroker/broker"
 * import { Client } from "@spawnbroker/client"
 * import { defineTransform } from "@spawnbroker/protocol"
 * import { Effect, Schema, Stream } from "effect"
 *
 * const Names = defineTransform("ndjson", Schema.Struct({ name: Schema.String }))
 *
 * const program = Effect.gen(function* () {
 *   const broker = yield* Broker.start()
 *   const commands = [{ command: "printf", args: true as const }]
 *   const token = yield* broker.mint({ subject: "example", commands, transforms: ["ndjson"] })
 *   const client = yield* Client.connect(yield* broker.openPort(), token)
 *   const list = yield* client.spawn("printf", ['{"name":"a","size":1}\n{"name":"b","size":2}\n'], {
 *     transform: { name: "ndjson", options: { pick: ["name"], where: { size: 2 } } }
 *   })
 *   const names = yield* Stream.runCollect(list.results(Names))
 *   names // => [{ name: "b" }]
 * }).pipe(Effect.scoped)
 * await Effect.runPromise(program)
 * ```
 */
export const defineTransform = <Value>(name: string, schema: Schema.Codec<Value, any>): Transform<Value> => {
  const decode = Schema.decodeUnknownResult(Schema.toCodecJson(schema) as unknown as Schema.Codec<Value, unknown>)
  return {
    name: Result.getOrThrow(decodeName(name)),
    decode: (text) => {
      try {
        return Result.mapError(decode(JSON.parse(text)), (error) => toInvalidArgument("result", error))
      } catch {
        return Result.fail(notJson)
      }
    }
  }
}

const decodeName = strictDecoder("transform", TransformName)

const notJson = new InvalidArgument({
  argument: "result",
  problem: "it is not JSON, or its schema broke on it; of a transform of bytes or text read `stdout`, or its lines"
})
