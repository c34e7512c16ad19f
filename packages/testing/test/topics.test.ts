/** What the clients of one broker tell each other. */
import { assert, layer } from "@effect/vitest"
import { Broker, defineTopic } from "@spawnbroker/broker"
import { Client, type ClientHandle, type Skipped } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { eventually } from "../src/index.ts"

const Progress = defineTopic("build.progress", Schema.Struct({ percent: Schema.Int, at: Schema.Date }))
const Count = defineTopic("count", Schema.Int)

const connectAs = (topics: Policy["topics"]) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ subject: "talker", ...(topics && { topics }) })
    return yield* Client.connect(yield* broker.openPort(), token)
  })

const both = { publish: ["*"], subscribe: ["*"] }

/** Publishes a first message until somebody is there to hear it. */
const publishOnceHeard = (client: ClientHandle, value: number) =>
  eventually("somebody subscribes", client.publish(Count, value), (heard) => heard > 0)

layer(Broker.layer(), { excludeTestServices: true })("a topic", (it) => {
  it.effect("carries typed messages from one client to another, in order", () =>
    Effect.gen(function* () {
      const builder = yield* connectAs({ publish: ["build.*"] })
      const panel = yield* connectAs({ subscribe: ["build.progress"] })
      const seen = yield* Effect.forkChild(Stream.runCollect(Stream.take(panel.subscribe(Progress), 100)), {
        startImmediately: true
      })
      yield* panel.list()
      const sent = Array.from({ length: 100 }, (_, percent) => ({ percent, at: new Date(percent) }))
      const heard = yield* Effect.forEach(sent, (message) => builder.publish(Progress, message), { concurrency: 10 })
      assert.deepStrictEqual(new Set(heard), new Set([1]))
      assert.deepStrictEqual(yield* Fiber.join(seen), sent)
    }).pipe(Effect.scoped)
  )

  it.effect("is heard by all who subscribe, its publisher among them, and the host", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const [one, two] = [yield* connectAs(both), yield* connectAs(both)]
      const streams = [one.subscribe(Count), two.subscribe(Count), broker.subscribe(Count)]
      const seen = yield* Effect.forEach(streams, (stream) =>
        Effect.forkChild(Stream.runCollect(Stream.take(stream, 2)), { startImmediately: true })
      )
      yield* Effect.all([one.list(), two.list(), broker.stats])
      assert.strictEqual(yield* one.publish(Count, 1), 3)
      assert.strictEqual(yield* broker.publish(Count, 2), 3)
      for (const fiber of seen) assert.deepStrictEqual(yield* Fiber.join(fiber), [1, 2])
    }).pipe(Effect.scoped)
  )

  it.effect("is closed to a policy that does not name it, and the refusal names the rule", () =>
    Effect.gen(function* () {
      const client = yield* connectAs({ publish: ["build.*"], subscribe: ["coun"] })
      const published = yield* Effect.flip(client.publish(Count, 1))
      assert.deepInclude(published, { _tag: "PermissionDenied", rule: "topics.publish", subject: "talker" })
      const subscribed = yield* Effect.flip(Stream.runDrain(client.subscribe(Count)))
      assert.deepInclude(subscribed, { _tag: "PermissionDenied", rule: "topics.subscribe" })
      const nothing = yield* connectAs(undefined)
      assert.strictEqual((yield* Effect.flip(nothing.publish(Count, 1)))._tag, "PermissionDenied")
    }).pipe(Effect.scoped)
  )

  it.effect("is open to a derived token only if every link of its chain allows it", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const parent = yield* connectAs({ publish: ["count"], subscribe: ["count"] })
      const derive = (topics: Policy["topics"]) =>
        Effect.gen(function* () {
          const token = yield* parent.attenuate({ subject: "part", ...(topics && { topics }) })
          return yield* Client.connect(yield* broker.openPort(), token)
        })
      assert.strictEqual(yield* (yield* derive({ publish: ["*"] })).publish(Count, 1), 0)
      for (const topics of [undefined, { publish: ["build.*"] }, { subscribe: ["count"] }]) {
        assert.strictEqual((yield* Effect.flip((yield* derive(topics)).publish(Count, 1)))._tag, "PermissionDenied")
      }
      const wider = yield* derive({ publish: ["*"] })
      const message = { percent: 1, at: new Date(1) }
      assert.deepInclude(yield* Effect.flip(wider.publish(Progress, message)), {
        subject: "talker",
        rule: "topics.publish"
      })
    }).pipe(Effect.scoped)
  )

  it.effect("passes over what does not fit the subscriber's schema, and no publisher can end it", () =>
    Effect.gen(function* () {
      const client = yield* connectAs(both)
      const Loose = defineTopic("count", Schema.Json)
      const skipped: Array<Skipped> = []
      const onSkipped = (one: Skipped) => Effect.sync(() => skipped.push(one))
      const seen = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.subscribe(Count, { onSkipped }), 2)), {
        startImmediately: true
      })
      yield* publishOnceHeard(client, 1)
      for (const message of ["secret", { a: 1 }, 1.5, null]) yield* client.publish(Loose, message)
      yield* client.publish(Count, 2)
      assert.deepStrictEqual(yield* Fiber.join(seen), [1, 2])
      assert.deepStrictEqual(
        skipped.map(({ _tag }) => _tag),
        Array(4).fill("Unreadable")
      )
      assert.notInclude(JSON.stringify(skipped), "secret")
    }).pipe(Effect.scoped)
  )

  it.effect("refuses what does not fit the publisher's schema, or is too large", () =>
    Effect.gen(function* () {
      const client = yield* connectAs(both)
      assert.strictEqual((yield* Effect.flip(client.publish(Count, 1.5)))._tag, "InvalidArgument")
      const Text = defineTopic("text", Schema.String)
      const error = yield* Effect.flip(client.publish(Text, "x".repeat(300_000)))
      assert.deepInclude(error, { _tag: "LimitExceeded", limit: "topicMessage" })
    }).pipe(Effect.scoped)
  )

  it.effect("tells a slow subscriber how many messages are lost to him, and no one waits for him", () =>
    Effect.gen(function* () {
      const client = yield* connectAs(both)
      const skipped: Array<Skipped> = []
      const seen: Array<number> = []
      const resume = yield* Latch.make()
      const onSkipped = (one: Skipped) => Effect.sync(() => skipped.push(one))
      const read = (count: number) =>
        Effect.andThen(
          Effect.sync(() => seen.push(count)),
          resume.await
        )
      yield* Effect.forkScoped(Stream.runForEach(client.subscribe(Count, { onSkipped }), read), {
        startImmediately: true
      })
      yield* publishOnceHeard(client, 0)
      yield* eventually(
        "it has the first",
        Effect.sync(() => seen.length),
        (length) => length === 1
      )
      for (let count = 1; count <= 3000; count++) yield* client.publish(Count, count)
      yield* resume.open
      yield* eventually(
        "it has the last",
        Effect.sync(() => seen.at(-1)),
        (last) => last === 3000
      )
      const missed = skipped.reduce((sum, one) => sum + (one._tag === "Lagged" ? one.missed : 0), 0)
      assert.strictEqual(missed + seen.length, 3001)
      assert.isAbove(missed, 1900)
      assert.deepStrictEqual(
        seen.slice(1),
        seen.slice(1).map((_, index) => missed + index + 1)
      )
    }).pipe(Effect.scoped)
  )

  it.effect("is left when its stream ends, however that ends", () =>
    Effect.gen(function* () {
      const client = yield* connectAs(both)
      yield* Effect.scoped(Effect.forkScoped(Stream.runDrain(client.subscribe(Count)), { startImmediately: true }))
      const taken = yield* Effect.forkChild(Stream.runHead(client.subscribe(Count)), { startImmediately: true })
      yield* publishOnceHeard(client, 1)
      yield* Fiber.join(taken)
      yield* eventually("nobody is there", client.publish(Count, 1), (heard) => heard === 0)
      const gone = yield* Effect.scoped(
        Effect.gen(function* () {
          const other = yield* connectAs(both)
          yield* Effect.forkScoped(Stream.runDrain(other.subscribe(Count)), { startImmediately: true })
          return yield* publishOnceHeard(client, 1)
        })
      )
      assert.strictEqual(gone, 1)
      yield* eventually("nobody is there", client.publish(Count, 1), (heard) => heard === 0)
    }).pipe(Effect.scoped)
  )
})
