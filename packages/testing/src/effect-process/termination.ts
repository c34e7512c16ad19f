import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { fixture, node } from "../harness.ts"
import { living as livingProcess } from "../leaks.ts"
import { chunks, failure, mark, script, text, waitForLine } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

type Handle = ChildProcessSpawner.ChildProcessHandle

/** The signal that ended a process. */
const endedBy = (handle: Handle) =>
  Effect.map(Effect.flip(handle.exitCode), ({ cause }) => /'(.*)'/.exec((cause as Error).message)?.[1])

const stubborn = (options: ChildProcess.CommandOptions = {}) =>
  ChildProcess.make(node, [fixture("ignore-sigterm.js")], options)

/** Starts a command in a scope of its own, waits for `ready`, and closes the scope. */
const openAndClose = (command: ChildProcess.Command) =>
  Effect.scoped(Effect.tap(command, (handle) => waitForLine(handle, "ready")))

export const termination = (it: SpawnerIt): void => {
  it.effect("`kill` sends SIGTERM, and waits until it has worked", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("sleep", ["1000"])
      yield* handle.kill()
      assert.isFalse(yield* handle.isRunning)
      assert.isUndefined(livingProcess(handle.pid))
      assert.strictEqual(yield* endedBy(handle), "SIGTERM")
    })
  )

  it.effect.each(["SIGINT", "SIGKILL", "SIGUSR1", "SIGHUP"] as const)("`kill` sends any signal: %s", (killSignal) =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("sleep", ["1000"])
      yield* handle.kill({ killSignal })
      assert.strictEqual(yield* endedBy(handle), killSignal)
    })
  )

  it.effect("`kill` does not take the signal from the command", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("sleep", ["1000"], { killSignal: "SIGINT" })
      yield* handle.kill()
      assert.strictEqual(yield* endedBy(handle), "SIGTERM")
    })
  )

  it.effect("`kill` ends the whole group, and waits for it", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const handle = yield* script("sleep 1000 & sh -c 'sleep 1000 & echo ready; wait' & wait", options)
      yield* waitForLine(handle, "ready")
      yield* handle.kill()
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("`kill` with `forceKillAfter` ends who does not obey", () =>
    Effect.gen(function* () {
      const handle = yield* stubborn()
      yield* waitForLine(handle, "ready")
      yield* handle.kill({ forceKillAfter: "100 millis" })
      assert.isFalse(yield* handle.isRunning)
      assert.strictEqual(yield* endedBy(handle), "SIGKILL")
    })
  )

  it.effect("`kill` without it waits for who does not obey", () =>
    Effect.gen(function* () {
      const handle = yield* stubborn()
      yield* waitForLine(handle, "ready")
      const killing = yield* Effect.forkChild(handle.kill(), { startImmediately: true })
      // One signal after the other: by the answer to the second the first has not worked.
      yield* Effect.timeoutOption(handle.kill({ killSignal: "SIGTERM" }), "100 millis")
      assert.isTrue(yield* handle.isRunning)
      yield* handle.kill({ killSignal: "SIGKILL" })
      yield* Fiber.join(killing)
      assert.strictEqual(yield* endedBy(handle), "SIGKILL")
    })
  )

  it.effect("`kill` of what has gone is an error", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("true")
      yield* handle.exitCode
      assert.deepStrictEqual(yield* failure(handle.kill()), {
        error: "PlatformError",
        reason: "Unknown",
        module: "ChildProcess",
        method: "kill",
        what: "true"
      })
    })
  )

  it.effect("`kill` reaches what is left of a group whose leader has gone", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const handle = yield* script("sleep 1000 & exit 0", options)
      yield* handle.exitCode
      assert.strictEqual((yield* living).length, 1)
      yield* handle.kill()
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("a scope that closes sends SIGTERM to the group, and waits", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const handle = yield* openAndClose(script("sleep 1000 & echo ready; wait", options))
      assert.deepStrictEqual(yield* living, [])
      assert.strictEqual(yield* endedBy(handle), "SIGTERM")
      assert.isFalse(yield* handle.isRunning)
    })
  )

  it.effect("a scope that closes takes the signal from the command", () =>
    Effect.gen(function* () {
      const handle = yield* openAndClose(script("echo ready; exec sleep 1000", { killSignal: "SIGINT" }))
      assert.strictEqual(yield* endedBy(handle), "SIGINT")
    })
  )

  it.effect("a scope that closes ends who does not obey after `forceKillAfter`", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const handle = yield* openAndClose(stubborn({ ...options, forceKillAfter: "100 millis" }))
      assert.strictEqual(yield* endedBy(handle), "SIGKILL")
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("without it, a member of the group that does not obey is left, and nobody waits for it for long", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const line = `${node} ${fixture("ignore-sigterm.js")} & wait`
      yield* openAndClose(script(`trap 'exit 0' TERM; ${line}`, options))
      const left = yield* living
      assert.strictEqual(left.length, 1)
      for (const { pid } of left) process.kill(pid, "SIGKILL")
    })
  )

  it.effect("an interruption ends the command", () =>
    Effect.gen(function* () {
      const { exitCode } = yield* ChildProcessSpawner.ChildProcessSpawner
      const { options, living } = mark()
      const running = yield* Effect.forkChild(exitCode(script("sleep 1000 & wait", options)))
      yield* Effect.repeat(living, { until: (found) => found.length > 1 })
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("`kill` of a pipeline, and the end of its scope, end every command of it", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const command = script("sleep 1000", options).pipe(
        ChildProcess.pipeTo(script("sleep 1000; cat", options)),
        ChildProcess.pipeTo(script("echo ready; sleep 1000; cat", options))
      )
      const handle = yield* command
      yield* waitForLine(handle, "ready")
      yield* handle.kill()
      assert.deepStrictEqual(yield* living, [])
      // All of them have gone, and that is no error.
      yield* handle.kill()
      yield* openAndClose(command)
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("what is unreferenced outlives its scope", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const handle = yield* Effect.scoped(
        Effect.tap(ChildProcess.make("sleep", ["1000"], options), ({ unref }) => unref)
      )
      assert.isTrue(yield* handle.isRunning)
      assert.strictEqual((yield* living).length, 1)
      yield* handle.kill()
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("what is unreferenced can be used when its scope has closed", () =>
    Effect.gen(function* () {
      const command = script("read line; echo got $line; exit 3")
      const handle = yield* Effect.scoped(Effect.tap(command, ({ unref }) => unref))
      yield* Stream.run(chunks("it\n"), handle.stdin)
      assert.strictEqual(yield* text(handle.stdout), "got it\n")
      assert.strictEqual(yield* handle.exitCode, 3)
      assert.isFalse(yield* handle.isRunning)
    })
  )

  it.effect("what is unreferenced leaves its group, too, if it exits with 0", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const command = script("sleep 1000 & read line; exit 0", options)
      const handle = yield* Effect.scoped(Effect.tap(command, ({ unref }) => unref))
      yield* Stream.run(chunks("go\n"), handle.stdin)
      assert.strictEqual(yield* handle.exitCode, 0)
      assert.strictEqual((yield* living).length, 1)
      yield* handle.kill()
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("what is referenced again does not", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const scope = yield* Scope.make()
      const handle = yield* Scope.provide(ChildProcess.make("sleep", ["1000"], options), scope)
      const reref = yield* handle.unref
      yield* handle.unref
      yield* reref
      yield* reref
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* living, [])
      assert.strictEqual(yield* endedBy(handle), "SIGTERM")
    })
  )

  it.effect("a pipeline that is unreferenced outlives its scope, whole", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const sleep = ChildProcess.make("sleep", ["1000"], options)
      const handle = yield* Effect.scoped(Effect.tap(sleep.pipe(ChildProcess.pipeTo(sleep)), ({ unref }) => unref))
      assert.strictEqual((yield* living).length, 2)
      yield* handle.kill()
      assert.deepStrictEqual(yield* living, [])
    })
  )
}
