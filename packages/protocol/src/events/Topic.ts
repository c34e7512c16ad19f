/**
 * Topics: what the clients of one broker tell each other, and nothing to do with processes.
 *
 * A topic is a name and a schema. Whoever publishes encodes by it, whoever subscribes decodes by it, so that each trusts its
 * own schema and nobody else. What crosses is text, JSON, of bounded length.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { strictDecoder, toInvalidArgument } from "../derive/codec.ts"
import { InvalidArgument, LimitExceeded } from "../errors/ProcessError.ts"

/** Longest message, as JSON, in UTF-16 units. Higher lets a publisher cost each subscriber more memory. */
export const MAX_TOPIC_MESSAGE_LENGTH = 256 * 1024

/** A name such as `build.progress`. `*` is for patterns in policies. */
export const TopicName = Schema.String.check(Schema.isPattern(/^[^*\s]+$/), Schema.isMaxLength(200))
export type TopicName = typeof TopicName.Type

export interface Topic<Message> {
  readonly name: TopicName
  readonly encode: (message: unknown) => Result.Result<string, InvalidArgument | LimitExceeded>
  readonly decode: (text: string) => Result.Result<Message, InvalidArgument>
}

/**
 * A topic of typed messages. Both ends define it, or import the same definition.
 *
 * `schema`: without services, and not asynchronous. What it cannot write as JSON by itself (dates, bytes, maps) is written as
 * `Schema.toCodecJson` does. Throws `InvalidArgument` for a name that is none.
 *
 * **Example** (two clients)
 *
 * ```ts
 * import { Broker } from "@spawnbroker/broker"
 * import { Client } from "@spawnbroker/client"
 * import { defineTopic } from "@spawnbroker/protocol"
 * import { Effect, Fiber, Schema, Stream } from "effect"
 *
 * const Progress = defineTopic("build.progress", Schema.Struct({ percent: Schema.Int }))
 *
 * const program = Effect.gen(function*() {
 *   const broker = yield* Broker.start()
 *   const builder = yield* broker.mint({ subject: "builder", topics: { publish: ["build.*"] } })
 *   const panel = yield* broker.mint({ subject: "panel", topics: { subscribe: ["build.*"] } })
 *   const one = yield* Client.connect(yield* broker.openPort(), builder)
 *   const two = yield* Client.connect(yield* broker.openPort(), panel)
 *   const messages = Stream.runCollect(Stream.take(two.subscribe(Progress), 1))
 *   const listening = yield* Effect.forkChild(messages, { startImmediately: true })
 *   // Until somebody hears it: a message is for those who subscribe by then.
 *   yield* Effect.repeat(one.publish(Progress, { percent: 50 }), { until: (heard) => heard > 0 })
 *   const seen = yield* Fiber.join(listening)
 *   seen // => [{ percent: 50 }]
 * }).pipe(Effect.scoped)
 * await Effect.runPromise(program)
 * ```
 */
export const defineTopic = <Message>(name: string, schema: Schema.Codec<Message, any>): Topic<Message> => {
  const json = Schema.toCodecJson(schema) as unknown as Schema.Codec<Message, unknown>
  const encode = Schema.encodeUnknownResult(json)
  const decode = Schema.decodeUnknownResult(json)
  return {
    name: Result.getOrThrow(decodeName(name)),
    encode: (message) => unbreakable(() => Result.flatMap(placed(encode(message)), toText)),
    decode: (text) => unbreakable(() => placed(decode(JSON.parse(text))))
  }
}

const decodeName = strictDecoder("topic", TopicName)

const placed = <A>(result: Result.Result<A, Schema.SchemaError>): Result.Result<A, InvalidArgument> =>
  Result.mapError(result, (error) => toInvalidArgument("message", error))

const toText = (value: unknown): Result.Result<string, InvalidArgument | LimitExceeded> => {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return Result.fail(wrong("it cannot be written as JSON"))
  return text.length <= MAX_TOPIC_MESSAGE_LENGTH
    ? Result.succeed(text)
    : Result.fail(new LimitExceeded({ limit: "topicMessage", maximum: MAX_TOPIC_MESSAGE_LENGTH }))
}

/** What a publisher sends must not be able to break a subscriber by brackets alone. */
const unbreakable = <A, E>(run: () => Result.Result<A, E>): Result.Result<A, E | InvalidArgument> => {
  try {
    return run()
  } catch {
    return Result.fail(wrong("it is not JSON, or its schema broke on it; it may be nested too deeply"))
  }
}

const wrong = (problem: string): InvalidArgument => new InvalidArgument({ argument: "message", problem })
