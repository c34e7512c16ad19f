import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as PlatformError from "effect/PlatformError"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { eventually } from "../harness.ts"
import { chunks, errorFacts, mark, script, text, waitForLine } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

const broken = PlatformError.badArgument({ module: "test", method: "input", description: "it broke" })

export const exit = (it: SpawnerIt): void => {
  it.effect.each([0, 1, 3, 126, 255])("an exit code is a value: %d", (code) =>
    Effect.gen(function* () {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* spawner.exitCode(script(`exit ${code}`)), code)
      const handle = yield* script(`exit ${code}`)
      assert.strictEqual(yield* handle.exitCode, code)
      assert.strictEqual(yield* handle.exitCode, code)
    })
  )

  it.effect.each(["TERM", "KILL", "SEGV", "USR1"])("an end by a signal is an error: %s", (signal) =>
    Effect.gen(function* () {
      const handle = yield* script(`kill -${signal} $$`)
      const error = yield* Effect.flip(handle.exitCode)
      assert.deepStrictEqual(errorFacts(error), {
        error: "PlatformError",
        reason: "Unknown",
        module: "ChildProcess",
        method: "exitCode",
        what: `sh -c 'kill -${signal} $$'`
      })
      assert.strictEqual((error.cause as Error).message, `Process interrupted due to receipt of signal: 'SIG${signal}'`)
      assert.isFalse(yield* handle.isRunning)
    })
  )

  it.effect("a process runs until it has exited", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("cat")
      assert.isTrue(yield* handle.isRunning)
      yield* Stream.run(Stream.empty, handle.stdin)
      assert.strictEqual(yield* handle.exitCode, 0)
      assert.isFalse(yield* handle.isRunning)
    })
  )

  it.effect("many may wait for the exit", () =>
    Effect.gen(function* () {
      const handle = yield* script("read line; exit 7")
      const waiting = Effect.all([handle.exitCode, handle.exitCode, handle.exitCode], { concurrency: "unbounded" })
      const [codes] = yield* Effect.all([waiting, Stream.run(chunks("go\n"), handle.stdin)], { concurrency: 2 })
      assert.deepStrictEqual(codes, [7, 7, 7].map(ChildProcessSpawner.ExitCode))
    })
  )

  it.effect("whoever waits for the exit loses no output: it is there afterwards", () =>
    Effect.gen(function* () {
      const handle = yield* script("seq 5000; seq 3000 >&2")
      assert.strictEqual(yield* handle.exitCode, 0)
      assert.strictEqual((yield* text(handle.stdout)).length, 23_893)
      assert.strictEqual((yield* text(handle.stderr)).length, 13_893)
    })
  )

  it.effect("waiting for the exit alone reads nothing: a child that says too much waits for its reader", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("head", ["-c", "20000000", "/dev/zero"])
      const waiting = yield* Effect.forkScoped(handle.exitCode, { startImmediately: true })
      const counted = yield* Stream.runFold(
        handle.stdout,
        () => 0,
        (sum, chunk) => sum + chunk.byteLength
      )
      assert.strictEqual(counted, 20_000_000)
      assert.strictEqual(yield* Fiber.join(waiting), 0)
    })
  )

  it.effect("the service's `exitCode` reads what nobody asks for", () =>
    Effect.gen(function* () {
      const { exitCode } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* exitCode(script("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2; exit 4")), 4)
    })
  )

  it.effect("the service's `exitCode` does not wait for who holds the pipes, and ends them", () =>
    Effect.gen(function* () {
      const { exitCode } = yield* ChildProcessSpawner.ChildProcessSpawner
      const { options, living } = mark()
      assert.strictEqual(yield* exitCode(script("sleep 1000 & exit 0", options)), 0)
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("an exit with another code than 0 ends the rest of the group at once", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const handle = yield* script("sleep 1000 & exit 5", options)
      assert.strictEqual(yield* handle.exitCode, 5)
      yield* eventually("its group has gone", living, (left) => left.length === 0)
    })
  )

  it.effect("an exit with 0 leaves the rest of the group until the scope closes", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const scope = yield* Scope.make()
      const command = script("sleep 1000 & echo ready; read line; exit 0", options)
      const handle = yield* Scope.provide(command, scope)
      yield* waitForLine(handle, "ready")
      yield* Stream.run(chunks("go\n"), handle.stdin)
      assert.strictEqual(yield* handle.exitCode, 0)
      assert.strictEqual((yield* living).length, 1)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("an input stream that fails is the error of `exitCode`, at once", () =>
    Effect.gen(function* () {
      const stdin = Stream.concat(chunks("a"), Stream.fail(broken))
      const handle = yield* script("trap '' TERM; cat; read line < /dev/null; sleep 1000", { stdin, forceKillAfter: 1 })
      assert.strictEqual(yield* Effect.flip(handle.exitCode), broken)
      assert.isTrue(yield* handle.isRunning)
    })
  )

  it.effect("an input stream that fails takes precedence over the exit", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("cat", { stdin: Stream.concat(chunks("a"), Stream.fail(broken)) })
      assert.strictEqual(yield* text(handle.stdout), "a")
      assert.strictEqual(yield* Effect.flip(handle.exitCode), broken)
    })
  )
}
