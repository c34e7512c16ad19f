import { assert } from "@effect/vitest"
import type { LifecycleEvent, ProcessHandle, SpawnOptions, StopStep } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  connect,
  eventually,
  fixture,
  node,
  spawnFixture,
  spawnScript,
  type TestClient,
  waitForLine
} from "../harness.ts"
import { living } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Every signal that the broker says it has sent, in order. */
const killsOf = (process: ProcessHandle) =>
  Effect.map(Stream.runCollect(process.lifecycle), (events) =>
    events.filter(isKill).map(({ by, signal }) => [by, signal])
  )

const isKill = (event: LifecycleEvent): event is Extract<LifecycleEvent, { readonly _tag: "Killed" }> =>
  event._tag === "Killed"

const untilKilledBy = (process: ProcessHandle, signal: string) =>
  Effect.map(
    process.lifecycle.pipe(
      Stream.filter((event) => isKill(event) && event.signal === signal),
      Stream.runHead
    ),
    (found) => assert.strictEqual(found._tag, "Some")
  )

/** A process that prints what it gets, and is ready for it. `last` ends it. */
const noteSignals = (client: TestClient, options: SpawnOptions, last = "none") =>
  Effect.tap(spawnFixture(client, "note-signals.js", [last], options), (process) => waitForLine(process, "ready"))

/** Not so much that it would be long before its input is at its end. */
const writeNow = (process: ProcessHandle) => Effect.andThen(process.write("x"), Effect.sleep("5 millis"))

/** The time of a step in which a process is to notice it and no more; and one that would outlast the test. */
const soon = "500 millis"
const late = "1 hour"
/** What comes next is told apart from this even by a process that got no core for a second. */
const amply = "3 seconds"

const sends = (name: "SIGINT" | "SIGTERM" | "SIGHUP", time: string): StopStep =>
  ({ signal: name, for: time }) as StopStep

export const stopping = (it: SuiteIt): void => {
  it.effect("tries each step in turn, then SIGKILL, and tells the status", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* noteSignals(client, { stop: [sends("SIGINT", soon), sends("SIGTERM", soon)] })
      assert.deepStrictEqual(yield* process.stop(), { _tag: "Signaled", signal: "SIGKILL" })
      assert.deepStrictEqual(yield* Stream.runCollect(process.stdoutLines), ["SIGINT", "SIGTERM"])
      assert.deepStrictEqual(yield* killsOf(process), [
        ["client", "SIGINT"],
        ["client", "SIGTERM"],
        ["client", "SIGKILL"]
      ])
    })
  )

  it.effect("ends with the step that works", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const steps = [sends("SIGHUP", soon), sends("SIGINT", late), sends("SIGTERM", late)]
      const process = yield* noteSignals(client, { stop: steps }, "SIGINT")
      assert.deepStrictEqual(yield* process.stop(), { _tag: "Exited", code: 3 })
      assert.deepStrictEqual(yield* Stream.runCollect(process.stdoutLines), ["SIGHUP", "SIGINT"])
      assert.isUndefined(living(process.pid))
    })
  )

  it.effect("the end of input is no signal, and says nothing of one", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat", [], { stop: [{ closeStdin: true, for: late }] })
      yield* process.write("last words\n")
      assert.deepStrictEqual(yield* process.stop(), { _tag: "Exited", code: 0 })
      assert.deepStrictEqual(yield* Stream.runCollect(process.stdoutLines), ["last words"])
      assert.deepStrictEqual(yield* killsOf(process), [])
    })
  )

  it.effect("the end of input comes after all that was written, however much is under way", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stop = [{ closeStdin: true, for: late } as const]
      for (let lines = 1; lines <= 50; lines++) {
        const process = yield* client.spawn("cat", [], { stop })
        for (let line = 0; line < lines; line++) yield* process.write(`${"x".repeat(line * 20)}\n`)
        yield* process.stop()
        assert.strictEqual((yield* Stream.runCollect(process.stdoutLines)).length, lines)
      }
    })
  )

  it.effect("the end of input comes in its turn, and who writes hears of it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stop = [sends("SIGINT", amply), { closeStdin: true, for: amply } as const, sends("SIGTERM", late)]
      const process = yield* noteSignals(client, { stop }, "SIGTERM")
      const writing = yield* Effect.forkChild(Effect.flip(Effect.forever(writeNow(process))))
      yield* process.stop()
      assert.deepStrictEqual(yield* Stream.runCollect(process.stdoutLines), ["SIGINT", "EOF", "SIGTERM"])
      assert.include(["Io", "AlreadyExited"], (yield* Fiber.join(writing))._tag)
      assert.strictEqual((yield* client.list()).length, 1)
    })
  )

  it.effect("the end of an input that is not piped is passed over", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stop = [{ closeStdin: true, for: late } as const, sends("SIGTERM", late)]
      const process = yield* client.spawn("sleep", ["1000"], { stdin: "ignore", stop })
      assert.deepStrictEqual(yield* process.stop(), { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("without steps is SIGKILL", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"])
      assert.deepStrictEqual(yield* process.stop({ steps: [] }), { _tag: "Signaled", signal: "SIGKILL" })
      assert.deepStrictEqual(yield* killsOf(process), [["client", "SIGKILL"]])
    })
  )

  it.effect("with a step without end kills nobody, and leaves a member that outlives its leader", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const member = `${node} ${fixture("ignore-sigterm.js")}`
      const process = yield* spawnScript(client, `trap 'exit 0' TERM; ${member} & wait`)
      yield* waitForLine(process, "ready")
      const steps = [{ signal: "SIGTERM", for: "Infinity" }] as const
      assert.deepStrictEqual(yield* process.stop({ steps }), { _tag: "Exited", code: 0 })
      assert.strictEqual((yield* client.living).length, 1)
      yield* process.kill({ signal: "SIGKILL", wait: true })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("a scope that closes takes the steps", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stop = [sends("SIGINT", soon), sends("SIGTERM", late)]
      const process = yield* Effect.scoped(noteSignals(client, { stop }, "SIGTERM"))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 3 })
      assert.deepStrictEqual(yield* killsOf(process), [
        ["client", "SIGINT"],
        ["client", "SIGTERM"]
      ])
    })
  )

  it.effect("a timeout takes the steps", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stop = [sends("SIGINT", soon), sends("SIGTERM", late)]
      const process = yield* client.spawn("sh", ["-c", "trap '' INT; sleep 1000"], { stop, timeout: "500 millis" })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* killsOf(process), [
        ["timeout", "SIGINT"],
        ["timeout", "SIGTERM"]
      ])
    })
  )

  it.effect("waits for the group, and a member that ignores one step gets the next, although its leader obeyed", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, `"${node}" "${fixture("ignore-sigterm.js")}" & wait`)
      yield* waitForLine(process, "ready")
      const steps = [sends("SIGTERM", soon), sends("SIGINT", late)]
      assert.deepStrictEqual(yield* process.stop({ steps }), { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("of a process that has exited just tells its status, also later, and to its own client alone", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sh", ["-c", "exit 4"])
      yield* process.exit
      for (const stop of [
        process.stop(),
        client.stop({ id: process.id }, { tree: true }),
        process.stop({ steps: [] })
      ]) {
        assert.deepStrictEqual(yield* stop, { _tag: "Exited", code: 4 })
      }
      const other = yield* connect({ observe: "all" })
      assert.strictEqual((yield* Effect.flip(other.stop({ id: process.id })))._tag, "ProcessNotFound")
    })
  )

  it.effect("is for those who may kill", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"])
      const other = yield* connect({ observe: "all" })
      assert.strictEqual((yield* Effect.flip(other.stop({ pid: process.pid })))._tag, "ProcessNotFound")
      assert.isTrue((yield* process.status).running)
      const killer = yield* connect({ kill: "all" })
      assert.deepStrictEqual(yield* killer.stop({ pid: process.pid }), { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("with wrong steps is refused, and nothing is signalled", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"])
      const mistakes = [
        [[sends("SIGINT", "soon")], "steps[0].for"],
        [[{ signal: "INT", for: 1 }], "steps[0].signal"],
        [Array.from({ length: 11 }, () => sends("SIGINT", soon)), "steps"]
      ] as const
      for (const [steps, argument] of mistakes) {
        const refused = yield* Effect.flip(process.stop({ steps: steps as ReadonlyArray<StopStep> }))
        assert.deepInclude(refused, { _tag: "InvalidArgument", argument })
      }
      assert.isTrue((yield* process.status).running)
    })
  )

  it.effect("goes on where its caller is interrupted", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* noteSignals(client, { stop: [sends("SIGINT", soon), sends("SIGTERM", late)] }, "SIGTERM")
      const caller = yield* Effect.forkChild(process.stop(), { startImmediately: true })
      yield* untilKilledBy(process, "SIGINT")
      yield* Fiber.interrupt(caller)
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 3 })
    })
  )

  it.effect("asked for twice is done once, and both hear of it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* noteSignals(client, { stop: [sends("SIGINT", soon)] })
      const exits = yield* Effect.all([process.stop(), process.stop(), client.stop({ id: process.id })], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(new Set(exits.map(({ _tag }) => _tag)), new Set(["Signaled"]))
      assert.deepStrictEqual(yield* killsOf(process), [
        ["client", "SIGINT"],
        ["client", "SIGKILL"]
      ])
    })
  )

  it.effect(
    "with more time than is left changes nothing; with less it shortens what is under way, each step in turn",
    () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const stop = [sends("SIGINT", late), sends("SIGTERM", late)]
        const scope = yield* Scope.make()
        const process = yield* Scope.provide(noteSignals(client, { stop }), scope)
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        yield* untilKilledBy(process, "SIGINT")
        const patient = yield* Effect.forkChild(client.stop({ id: process.id }, { steps: [sends("SIGHUP", "1 day")] }))
        // Two hours become half a second: the rest of the first step, and the second.
        yield* client.stop({ id: process.id }, { steps: [sends("SIGHUP", "500 millis")] })
        yield* Fiber.join(patient)
        yield* Fiber.join(closing)
        assert.deepStrictEqual(yield* killsOf(process), [
          ["client", "SIGINT"],
          ["client", "SIGTERM"],
          ["client", "SIGKILL"]
        ])
      })
  )

  it.effect("with its tree waits for descendants that have left the group, too", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `setsid "${node}" "${fixture("ignore-sigterm.js")}" & wait`
      const process = yield* spawnScript(client, script)
      yield* waitForLine(process, "ready")
      const exit = yield* process.stop({ steps: [sends("SIGTERM", soon)], tree: true })
      assert.deepStrictEqual(exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("with its tree, where it is being ended without, reaches the tree from the next signal on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `trap '' TERM; setsid sleep 1000 & echo ready; while :; do sleep 0.1; done`
      const process = yield* spawnScript(client, script, { stop: [sends("SIGTERM", late)] })
      yield* waitForLine(process, "ready")
      yield* eventually("it has left", client.living, (seen) => seen.some(({ session }) => session !== process.pid))
      const first = yield* Effect.forkChild(process.stop(), { startImmediately: true })
      yield* untilKilledBy(process, "SIGTERM")
      yield* process.stop({ steps: [], tree: true })
      yield* Fiber.join(first)
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("a child that must say much before it ends is not held up by nobody reading", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = "trap 'head -c 3000000 /dev/zero; exit 5' TERM; echo ready; while :; do sleep 0.1; done"
      const process = yield* spawnScript(client, script, { stop: [sends("SIGTERM", late)], windowBytes: 65_536 })
      yield* waitForLine(process, "ready")
      assert.deepStrictEqual(yield* process.stop(), { _tag: "Exited", code: 5 })
    })
  )
}
