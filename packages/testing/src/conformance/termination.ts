import { assert } from "@effect/vitest"
import type { LifecycleEvent, ProcessHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { connect, spawnFixture, spawnScript, stdoutText, waitForLine } from "../harness.ts"
import { living, processes } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Events without their times. */
const factsOf = (process: ProcessHandle) =>
  Effect.map(Stream.runCollect(process.lifecycle), (events) => events.map(withoutTimes))

const withoutTimes = (event: LifecycleEvent) => {
  const { at: _, ...fact } = event
  return fact
}

const nothingDropped = { _tag: "Closed", dropped: { stdout: 0, stderr: 0 } } as const

export const termination = (it: SuiteIt): void => {
  it.effect("a scope that closes sends the kill signal, and waits until it has worked", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* Effect.scoped(client.spawn("sleep", ["1000"]))
      assert.isUndefined(living(process.pid))
      assert.deepStrictEqual(yield* factsOf(process), [
        { _tag: "Starting" },
        { _tag: "Started", pid: process.pid },
        { _tag: "Killed", by: "client", signal: "SIGTERM" },
        { _tag: "Exited", status: { _tag: "Signaled", signal: "SIGTERM" } },
        nothingDropped
      ])
    })
  )

  it.effect("a child that ignores SIGTERM is killed after the grace", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* Effect.scoped(
        Effect.tap(spawnFixture(client, "ignore-sigterm.js", [], { forceKillAfter: "200 millis" }), (child) =>
          waitForLine(child, "ready")
        )
      )
      assert.deepStrictEqual((yield* factsOf(process)).slice(2, 5), [
        { _tag: "Killed", by: "client", signal: "SIGTERM" },
        { _tag: "Killed", by: "client", signal: "SIGKILL" },
        { _tag: "Exited", status: { _tag: "Signaled", signal: "SIGKILL" } }
      ])
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("a timeout ends a child, says so, and is no error", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"], { timeout: "50 millis" })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.deepStrictEqual((yield* factsOf(process)).slice(2, 4), [
        { _tag: "Killed", by: "timeout", signal: "SIGTERM" },
        { _tag: "Exited", status: { _tag: "Signaled", signal: "SIGTERM" } }
      ])
      assert.strictEqual((yield* process.status).killedBy, "timeout")
    })
  )

  it.effect("a timeout kills a child that ignores SIGTERM", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // Long enough for its handler to be there; if it is not, it ends sooner, and the test says so.
      const process = yield* spawnFixture(client, "ignore-sigterm.js", [], {
        timeout: "2 seconds",
        forceKillAfter: "100 millis"
      })
      yield* waitForLine(process, "ready")
      assert.deepStrictEqual((yield* factsOf(process)).slice(2, 5), [
        { _tag: "Killed", by: "timeout", signal: "SIGTERM" },
        { _tag: "Killed", by: "timeout", signal: "SIGKILL" },
        { _tag: "Exited", status: { _tag: "Signaled", signal: "SIGKILL" } }
      ])
    })
  )

  it.effect("run tells that its time was up, and keeps what was said before", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("sh", ["-c", "echo before; exec sleep 1000"], { timeout: "300 millis" })
      assert.isTrue(result.timedOut)
      assert.deepStrictEqual(result.exit, { _tag: "Signaled", signal: "SIGTERM" })
      assert.strictEqual(result.stdout, "before\n")
      const inTime = yield* client.run("true", [], { timeout: "1 hour" })
      assert.isFalse(inTime.timedOut)
    })
  )

  it.effect("a child may clean up when it gets the kill signal, and its exit code is kept", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const scope = yield* Scope.make()
      const process = yield* Scope.provide(spawnFixture(client, "exit-on-sigterm.js"), scope)
      yield* waitForLine(process, "ready")
      yield* process.kill()
      assert.strictEqual(yield* stdoutText(process), "cleaned\n")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 7 })
      yield* Scope.close(scope, Exit.void)
      assert.isFalse((yield* factsOf(process)).some((event) => event._tag === "Killed" && event.signal === "SIGKILL"))
    })
  )

  it.effect("the kill signal may be another", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* Effect.scoped(client.spawn("sleep", ["1000"], { killSignal: "SIGINT" }))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGINT" })
    })
  )

  it.effect("kill with a grace kills what does not obey", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "ignore-sigterm.js")
      yield* waitForLine(process, "ready")
      yield* process.kill({ forceKillAfter: "100 millis" })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGKILL" })
      const killed = (yield* factsOf(process)).filter(({ _tag }) => _tag === "Killed")
      assert.deepStrictEqual(killed.at(-1), { _tag: "Killed", by: "client", signal: "SIGKILL" })
      assert.strictEqual((yield* client.get(process.id)).killedBy, "client")
    })
  )

  it.effect("a signal that a child handles is no end of it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(
        client,
        "trap 'echo got it' USR1; echo ready; while read line; do echo \"$line\"; done"
      )
      yield* waitForLine(process, "ready")
      yield* process.kill({ signal: "SIGUSR1" })
      yield* waitForLine(process, "got it")
      yield* process.closeStdin
      yield* process.exit
      const facts = yield* factsOf(process)
      assert.isFalse(facts.some(({ _tag }) => _tag === "Killed"))
    })
  )

  it.effect("each child leads a session and a process group of its own", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const [one, other] = [yield* client.spawn("cat"), yield* client.spawn("cat")]
      for (const { pid } of [one, other]) {
        const { group, session } = processes().find((each) => each.pid === pid)!
        assert.deepStrictEqual({ group, session }, { group: pid, session: pid })
      }
      assert.notStrictEqual(one.pid, other.pid)
      assert.notStrictEqual(one.pid, processes().find(({ pid }) => pid === process.pid)!.group)
    })
  )

  it.effect("a scope that closes after the exit sends nothing", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* Effect.scoped(Effect.tap(client.spawn("true"), (child) => child.exit))
      assert.isFalse((yield* factsOf(process)).some(({ _tag }) => _tag === "Killed"))
    })
  )

  it.effect("fifty scopes that close at once end fifty children", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const scope = yield* Scope.make("parallel")
      yield* Effect.forEach(Array.from({ length: 50 }), () => Scope.provide(client.spawn("sleep", ["1000"]), scope), {
        concurrency: 10
      })
      assert.strictEqual((yield* client.living).length, 50)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* client.living, [])
    })
  )
}
