import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client } from "@spawnbroker/client"
import { Broker } from "@spawnbroker/broker"
import { connect, eventually, spawnFixture, spawnScript, type TestClient, testPolicy, waitForLine } from "../harness.ts"
import { bearing, MARK } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** So many turns of the loop: each is another place at which a start may be interrupted. */
const turns = (count: number) =>
  Effect.promise(async () => {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
  })

/** What a fiber is doing with a process when it is interrupted; `ready` resolves once it is at it. */
const interruptOnce = (
  client: TestClient,
  ready: Effect.Effect<unknown, unknown>,
  fiber: Fiber.Fiber<unknown, unknown>
) =>
  Effect.gen(function* () {
    yield* ready
    yield* Fiber.interrupt(fiber)
    assert.deepStrictEqual(yield* client.living, [])
    assert.deepStrictEqual(
      (yield* client.list()).filter(({ state }) => state === "running"),
      []
    )
  })

const untilOneRuns = (client: TestClient) =>
  eventually("a process runs", client.list(), (processes) => processes.some(({ state }) => state === "running"))

export const interruption = (it: SuiteIt): void => {
  it.effect("before the start leaves nothing running", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const fiber = yield* Effect.forkChild(client.run("sleep", ["1000"]))
      yield* interruptOnce(client, Effect.void, fiber)
    })
  )

  it.effect("at any turn of a start leaves nothing running", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      for (let count = 0; count < 60; count++) {
        const fiber = yield* Effect.forkChild(client.run("sleep", ["1000"]), { startImmediately: true })
        yield* interruptOnce(client, turns(count), fiber)
      }
    })
  )

  it.effect("of many starts at once leaves nothing running", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const start = Effect.scoped(Effect.andThen(client.spawn("sleep", ["1000"]), Effect.never))
      const fibers = yield* Effect.forEach(Array.from({ length: 60 }), () =>
        Effect.forkChild(start, { startImmediately: true })
      )
      yield* untilOneRuns(client)
      yield* Fiber.interruptAll(fibers)
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("while streaming ends the process", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      let chunks = 0
      const stream = Effect.scoped(
        Effect.gen(function* () {
          const process = yield* client.spawn("yes")
          yield* Stream.runForEach(process.stdout, () => Effect.sync(() => chunks++))
        })
      )
      const fiber = yield* Effect.forkChild(stream)
      yield* interruptOnce(
        client,
        eventually(
          "it streams",
          Effect.sync(() => chunks),
          (count) => count > 3
        ),
        fiber
      )
    })
  )

  it.effect("while writing stdin ends the process", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const write = Effect.scoped(
        Effect.gen(function* () {
          const process = yield* client.spawn("sleep", ["1000"])
          yield* Effect.forever(process.write(new Uint8Array(4096)))
        })
      )
      const fiber = yield* Effect.forkChild(write)
      const full = eventually("its pipe is full", client.list(), ([first]) => (first?.bytes.stdin ?? 0) > 0)
      yield* interruptOnce(client, full, fiber)
    })
  )

  it.effect("while waiting for the exit ends the process", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const wait = Effect.scoped(Effect.flatMap(client.spawn("sleep", ["1000"]), (process) => process.exit))
      const fiber = yield* Effect.forkChild(wait)
      yield* interruptOnce(client, untilOneRuns(client), fiber)
    })
  )

  it.effect("of run ends the process, also while it feeds and reads it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const fiber = yield* Effect.forkChild(
        client.run("cat", [], { stdin: Stream.forever(Stream.succeed(new Uint8Array(1000))) })
      )
      const flows = eventually("bytes flow", client.list(), ([first]) => (first?.bytes.stdout ?? 0) > 100_000)
      yield* interruptOnce(client, flows, fiber)
    })
  )

  it.effect("while its scope closes waits for the end all the same", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const scope = yield* Scope.make()
      const process = yield* Scope.provide(
        spawnFixture(client, "ignore-sigterm.js", [], { forceKillAfter: "300 millis" }),
        scope
      )
      yield* waitForLine(process, "ready")
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* process.lifecycle.pipe(
        Stream.filter(({ _tag }) => _tag === "Killed"),
        Stream.runHead
      )
      yield* Fiber.interrupt(closing)
      assert.deepStrictEqual(yield* client.living, [])
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGKILL" })
    })
  )

  it.effect("of a reader leaves the process to go on, and its output to the next reader", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo ready; read line; echo $line")
      yield* waitForLine(process, "ready")
      const reader = yield* Effect.forkChild(Stream.runDrain(process.stdout), { startImmediately: true })
      yield* Fiber.interrupt(reader)
      yield* process.write("word\n")
      assert.deepStrictEqual(yield* Stream.runCollect(process.stdoutLines), ["word"])
    })
  )

  it.effect("of a waiter for the exit leaves the process alone", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      const waiter = yield* Effect.forkChild(process.exit, { startImmediately: true })
      yield* Fiber.interrupt(waiter)
      yield* process.closeStdin
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("by a scope that closes is seen as an exit by those who wait in other fibers", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const scope = yield* Scope.make()
      const process = yield* Scope.provide(client.spawn("sleep", ["1000"]), scope)
      const exit = yield* Effect.forkChild(process.exit, { startImmediately: true })
      const lines = yield* Effect.forkChild(Stream.runCollect(process.stdoutLines), { startImmediately: true })
      const events = yield* Effect.forkChild(Stream.runCollect(process.lifecycle), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* Fiber.join(exit), { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* Fiber.join(lines), [])
      assert.strictEqual((yield* Fiber.join(events)).at(-1)?._tag, "Closed")
    })
  )

  it.effect("of a connection ends what its client has started", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const mark = `connection-${Math.random()}`
      const token = yield* broker.mint({ ...testPolicy, env: { values: { [MARK]: mark } } })
      const connection = yield* Scope.make()
      const client = yield* Scope.provide(Client.connect(yield* broker.openPort(), token), connection)
      const process = yield* spawnScript(client, "sleep 1000 & echo ready; wait")
      yield* waitForLine(process, "ready")
      const exit = yield* Effect.forkChild(Effect.flip(process.exit), { startImmediately: true })
      yield* Scope.close(connection, Exit.void)
      assert.strictEqual((yield* Fiber.join(exit))._tag, "BrokerUnavailable")
      yield* eventually(
        "nobody is left",
        Effect.sync(() => bearing(mark)),
        (left) => left.length === 0
      )
    })
  )
}
