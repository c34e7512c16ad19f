import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { connect, spawnFixture, spawnScript, waitForLine } from "../src/index.ts"

/** A broker of its own for each test, since each ends it. */
const withBroker = <A, E, R>(spawner: "direct" | "launcher", test: Effect.Effect<A, E, R>) =>
  Effect.provide(test, Broker.layer({ spawner }), { local: true })

const spawners = ["direct", "launcher"] as const

it.live.each(spawners)("a shutdown ends what runs, and says what it had to kill: %s", (spawner) =>
  withBroker(
    spawner,
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect()
      const obeys = yield* spawnScript(client, "sleep 1000 & echo ready; wait")
      yield* waitForLine(obeys, "ready")
      const ignores = yield* spawnFixture(client, "ignore-sigterm.js")
      yield* waitForLine(ignores, "ready")
      assert.deepStrictEqual(yield* broker.shutdown({ grace: "300 millis" }), { stopped: 1, killed: 1 })
      assert.deepStrictEqual(yield* client.living, [])

      assert.deepStrictEqual(yield* obeys.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* ignores.exit, { _tag: "Signaled", signal: "SIGKILL" })
      const killed = yield* ignores.lifecycle.pipe(
        Stream.filter(({ _tag }) => _tag === "Killed"),
        Stream.take(2),
        Stream.runCollect
      )
      assert.deepStrictEqual(
        killed.map((event) => event._tag === "Killed" && event.by),
        ["shutdown", "shutdown"]
      )
      assert.strictEqual((yield* Effect.flip(client.run("true")))._tag, "BrokerUnavailable")
    })
  )
)

it.live.each(spawners)(
  "a shutdown in the middle of many starts leaves nothing running, and no caller waiting: %s",
  (spawner) =>
    withBroker(
      spawner,
      Effect.gen(function* () {
        const broker = yield* Broker
        const client = yield* connect()
        const start = Effect.match(client.run("sleep", ["1000"]), {
          onSuccess: ({ exit }) => exit._tag,
          onFailure: ({ _tag }) => _tag
        })
        const starts = yield* Effect.forEach(Array.from({ length: 60 }), () =>
          Effect.forkChild(start, { startImmediately: true })
        )
        yield* Effect.repeat(client.living, { until: (living) => living.length > 5 })
        yield* broker.shutdown({ grace: "5 seconds" })
        assert.deepStrictEqual(yield* client.living, [])
        const ends = new Set(yield* Fiber.joinAll(starts))
        ends.delete("Signaled")
        ends.delete("BrokerUnavailable")
        ends.delete("SpawnFailed")
        assert.deepStrictEqual([...ends], [])
      })
    )
)

it.live.each(spawners)("the end of a broker's scope ends what runs: %s", (spawner) =>
  Effect.gen(function* () {
    const { living } = yield* withBroker(
      spawner,
      Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connect()
          const child = yield* Effect.provideService(
            spawnScript(client, "sleep 1000 & echo ready; wait"),
            Scope.Scope,
            yield* Scope.make()
          )
          yield* waitForLine(child, "ready")
          return client
        })
      )
    )
    assert.deepStrictEqual(yield* living, [])
  })
)
