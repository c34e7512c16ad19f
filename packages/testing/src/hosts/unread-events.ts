/**
 * A host with subscribers that never read. It prints by how many bytes that made it grow, and what one of them had missed in
 * the end, as JSON. Needs --expose-gc.
 */
import { Broker, defineTopic } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { residentBytes } from "../leaks.ts"

const FACTS = 3000
const MESSAGES = 2500
const Text = defineTopic("text", Schema.String)

/** The smallest of a few readings after a collection: what is really held. */
const settledBytes = Effect.gen(function* () {
  let smallest = Infinity
  for (let reading = 0; reading < 10; reading++) {
    globalThis.gc?.()
    yield* Effect.sleep("20 millis")
    smallest = Math.min(smallest, residentBytes())
  }
  return smallest
})

const many = <A, E>(count: number, effect: (index: number) => Effect.Effect<A, E>): Effect.Effect<void, E> =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    effect,
    { concurrency: 20, discard: true }
  )

const program = Effect.gen(function* () {
  // Less than what is not read, so that the thread would not live if it held that; and its garbage is no more, which nobody can
  // collect from here.
  const broker = yield* Broker.start({ heapLimitMb: 128 })
  const token = yield* broker.mint({ subject: "s", topics: { publish: ["*"], subscribe: ["*"] } })
  const client = yield* Client.connect(yield* broker.openPort(), token)
  const args = Array<string>(8).fill("x".repeat(1000))
  const denied = () => Effect.flip(client.run("rm", args))
  const published = (index: number) => client.publish(Text, `${index}`.padEnd(90_000))

  const resume = yield* Latch.make()
  const seen: Array<{ readonly _tag: string; readonly missed?: number }> = []
  yield* Effect.forkScoped(
    Stream.runForEach(client.events(), (event) =>
      Effect.andThen(
        Effect.sync(() => seen.push(event)),
        resume.await
      )
    ),
    { startImmediately: true }
  )
  yield* Effect.forkScoped(
    Stream.runForEach(client.subscribe(Text), () => Effect.never),
    { startImmediately: true }
  )
  const ask = Effect.andThen(many(FACTS, denied), many(MESSAGES, published))
  // Until both hold as much as they may, and both threads have the memory that asking takes: garbage that nobody can collect.
  yield* ask
  const before = yield* settledBytes
  yield* ask
  const grownBytes = (yield* settledBytes) - before
  yield* resume.open
  while (!seen.some(({ _tag }) => _tag === "Lagged")) yield* Effect.sleep("10 millis")
  const lagged = seen.filter(({ _tag }) => _tag === "Lagged")
  return { facts: FACTS, messages: MESSAGES, grownBytes, lagged: lagged.length, missed: lagged[0]!.missed }
})

console.log(JSON.stringify(await Effect.runPromise(Effect.scoped(program))))
