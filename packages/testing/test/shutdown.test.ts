import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import type { DaemonSpec, ProcessHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { connect, fixture, node, spawnFixture, spawnScript, waitForLine } from "../src/index.ts"

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
      assert.deepStrictEqual(yield* broker.shutdown({ grace: "300 millis" }), {
        exited: 0,
        stopped: 1,
        killed: 1,
        daemons: []
      })
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

const killsOf = (process: ProcessHandle) =>
  process.lifecycle.pipe(
    Stream.takeUntil(({ _tag }) => _tag === "Exited"),
    Stream.runCollect,
    Effect.map((events) => events.flatMap((event) => (event._tag === "Killed" ? [[event.by, event.signal]] : [])))
  )

it.live.each(spawners)("the grace of a shutdown is divided among the steps of a process: %s", (spawner) =>
  withBroker(
    spawner,
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect()
      const stop = [{ signal: "SIGINT", for: "1 hour" } as const, { signal: "SIGTERM", for: "1 hour" } as const]
      const process = yield* spawnFixture(client, "note-signals.js", [], { stop })
      yield* waitForLine(process, "ready")
      assert.deepStrictEqual(yield* broker.shutdown({ grace: "1 second" }), {
        exited: 0,
        stopped: 0,
        killed: 1,
        daemons: []
      })
      assert.deepStrictEqual(yield* killsOf(process), [
        ["shutdown", "SIGINT"],
        ["shutdown", "SIGTERM"],
        ["shutdown", "SIGKILL"]
      ])
    })
  )
)

it.live.each(spawners)("a shutdown does not wait for a client's longer grace that is under way: %s", (spawner) =>
  withBroker(
    spawner,
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect()
      const process = yield* spawnFixture(client, "ignore-sigterm.js", [], { forceKillAfter: "1 hour" })
      yield* waitForLine(process, "ready")
      const stopping = yield* Effect.forkChild(Effect.exit(process.stop()), { startImmediately: true })
      yield* process.lifecycle.pipe(
        Stream.filter(({ _tag }) => _tag === "Killed"),
        Stream.runHead
      )
      assert.deepStrictEqual(yield* broker.shutdown({ grace: "100 millis" }), {
        exited: 0,
        stopped: 0,
        killed: 1,
        daemons: []
      })
      assert.deepStrictEqual(yield* killsOf(process), [
        ["client", "SIGTERM"],
        ["shutdown", "SIGKILL"]
      ])
      yield* Fiber.join(stopping)
    })
  )
)

it.live.each(spawners)("a shutdown ends a tree for which SIGKILL is still due: %s", (spawner) =>
  withBroker(
    spawner,
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect()
      const script = `setsid "${node}" "${fixture("ignore-sigterm.js")}" & wait`
      const process = yield* spawnScript(client, script, { forceKillAfter: "100 millis" })
      yield* waitForLine(process, "ready")
      yield* process.kill({ tree: true, forceKillAfter: "1 hour" })
      yield* Stream.runDrain(process.all)
      yield* process.exit
      yield* broker.shutdown()
      assert.deepStrictEqual(yield* client.living, [])
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

const serve = "trap 'echo ends; exit 0' TERM; echo listening; while :; do sleep 0.05; done"
const byLine = { readiness: { log: { match: "^listening$" } } }

it.live.each(spawners)("a shutdown says what ended how, and its daemons by name, in reverse order: %s", (spawner) =>
  withBroker(
    spawner,
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect({ daemons: true })
      const daemon = (name: string, more: Partial<DaemonSpec> = {}): DaemonSpec => ({
        name,
        command: "sh",
        args: ["-c", serve],
        ...byLine,
        ...more
      })
      yield* client.daemons.startAll(
        [
          daemon("web", { dependsOn: { api: "healthy" } }),
          daemon("api", { dependsOn: { db: "healthy" } }),
          daemon("db"),
          daemon("deaf", {
            args: ["-c", "trap '' TERM; echo listening; while :; do sleep 1; done"],
            stop: [{ signal: "SIGTERM", for: "500 millis" }]
          }),
          { name: "done", command: "true" }
        ],
        { until: "healthy" }
      )
      // Whom no signal ends that it may ignore.
      const waitsForInput = yield* spawnScript(client, "trap '' TERM; echo ready; cat; exit 7")
      yield* waitForLine(waitsForInput, "ready")
      const obeys = yield* client.spawn("sleep", ["1000"])
      const ends = yield* broker.events.pipe(
        Stream.filter((fact) => fact._tag === "DaemonStateChanged" && fact.to === "stopped" && fact.name !== "deaf"),
        Stream.take(3),
        Stream.runCollect,
        (listening) => Effect.forkChild(listening, { startImmediately: true })
      )
      // Until it listens.
      yield* client.run("true")
      const report = yield* broker.shutdown({ grace: "6 seconds" })
      // On a busy machine it takes longer to hear of the end of its input than it is waited for that alone.
      assert.strictEqual(report.exited + report.stopped, 5)
      assert.deepInclude(report, {
        killed: 1,
        daemons: [
          { name: "web", end: "stopped" },
          { name: "api", end: "stopped" },
          { name: "db", end: "stopped" },
          { name: "deaf", end: "killed" }
        ]
      })
      assert.deepStrictEqual(yield* waitsForInput.exit, { _tag: "Exited", code: 7 })
      assert.deepStrictEqual(yield* obeys.exit, { _tag: "Signaled", signal: "SIGTERM" })
      const order = (yield* Fiber.join(ends)).map((fact) => fact._tag === "DaemonStateChanged" && fact.name)
      assert.deepStrictEqual(order, ["web", "api", "db"])
      assert.deepStrictEqual(yield* client.living, [])
      // Whoever asks later hears the same.
      assert.deepStrictEqual(yield* broker.shutdown(), report)
    })
  )
)

it.live.each(spawners)("a second shutdown hurries the first, whoever still has time: %s", (spawner) =>
  withBroker(
    spawner,
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect({ daemons: true })
      const stop = [{ signal: "SIGTERM", for: "1 hour" } as const]
      const deaf = ["-c", "trap '' TERM; echo listening; while :; do sleep 1; done"]
      yield* client.daemons.startAll(
        [
          { name: "first", command: "sh", args: deaf, stop, ...byLine, dependsOn: { second: "healthy" } },
          { name: "second", command: "sh", args: deaf, stop, ...byLine }
        ],
        { until: "healthy" }
      )
      const process = yield* spawnFixture(client, "ignore-sigterm.js", [], { stop })
      yield* waitForLine(process, "ready")
      const first = yield* Effect.forkChild(broker.shutdown({ grace: "1 hour" }), { startImmediately: true })
      yield* process.lifecycle.pipe(
        Stream.filter(({ _tag }) => _tag === "Killed"),
        Stream.runHead
      )
      // One with more time changes nothing.
      const patient = yield* Effect.forkChild(broker.shutdown({ grace: "2 hours" }), { startImmediately: true })
      const hurried = yield* broker.shutdown({ grace: 0 })
      assert.deepStrictEqual(hurried, {
        exited: 0,
        stopped: 0,
        killed: 3,
        daemons: [
          { name: "first", end: "killed" },
          { name: "second", end: "killed" }
        ]
      })
      assert.deepStrictEqual(yield* Fiber.join(first), hurried)
      assert.deepStrictEqual(yield* Fiber.join(patient), hurried)
      assert.deepStrictEqual(yield* client.living, [])
    })
  )
)
