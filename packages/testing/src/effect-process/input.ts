import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PlatformError from "effect/PlatformError"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Stream from "effect/Stream"
import { chunks, failure, script, text, waitForLine } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

const broken = PlatformError.badArgument({ module: "test", method: "input", description: "it broke" })

const notWritten = (what: string) => ({
  error: "PlatformError",
  reason: "Unknown",
  module: "ChildProcess",
  method: "fromWritable(stdin)",
  what
})

const megabytes = (count: number): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(Array.from({ length: count }, (_, index) => new Uint8Array(1_000_000).fill(index)))

export const input = (it: SpawnerIt): void => {
  it.effect("a stream is written, then stdin is closed", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(ChildProcess.make("cat", { stdin: chunks("a", "b", "c\n") })), "abc\n")
      assert.strictEqual(yield* string(ChildProcess.make("cat", { stdin: { stream: chunks("abc") } })), "abc")
      assert.strictEqual(yield* string(ChildProcess.make("cat", { stdin: Stream.empty })), "")
    })
  )

  it.effect("with `endOnDone: false` stdin stays open, also for those who write later", () =>
    Effect.gen(function* () {
      const stdin = { stream: chunks("abc"), endOnDone: false }
      const handle = yield* ChildProcess.make("head", ["-c", "9"], { stdin })
      yield* Stream.run(chunks("def"), handle.stdin)
      assert.isTrue(yield* handle.isRunning)
      yield* Stream.run(chunks("ghi"), handle.stdin)
      assert.strictEqual((yield* text(handle.stdout)).length, 9)
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("the sink of the handle writes all it is given, then closes stdin", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("cat", { stdin: "pipe" })
      yield* Stream.run(chunks("one", "two"), handle.stdin)
      assert.strictEqual(yield* text(handle.stdout), "onetwo")
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("`pipe` is the default, and `overlapped` is one", () =>
    Effect.gen(function* () {
      for (const options of [{}, { stdin: "overlapped" }, { stdin: { stream: "overlapped" } }] as const) {
        const handle = yield* ChildProcess.make("cat", options)
        yield* Stream.run(chunks("x"), handle.stdin)
        assert.strictEqual(yield* text(handle.stdout), "x")
      }
    })
  )

  it.effect.each(["ignore", "inherit"] as const)(
    "a sink without a pipe takes everything and says nothing: %s",
    (stdin) =>
      Effect.gen(function* () {
        const handle = yield* script("true", { stdin })
        yield* Stream.run(chunks("a", "b"), handle.stdin)
        assert.strictEqual(yield* handle.exitCode, 0)
        yield* Stream.run(chunks("c"), handle.stdin)
      })
  )

  it.effect("a child with ignored input is at its end at once", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(ChildProcess.make("cat", { stdin: "ignore" })), "")
    })
  )

  it.effect("twenty megabytes go in and come out", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("cat", { stdin: megabytes(20) })
      const sum = yield* Stream.runFold(
        handle.stdout,
        () => 0,
        (total, chunk) => chunk.reduce((a, b) => a + b, total)
      )
      assert.strictEqual(sum, 190 * 1_000_000)
    })
  )

  it.effect("a child that stops reading its stream is no error", () =>
    Effect.gen(function* () {
      const { exitCode, string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const endless = Stream.forever(chunks("a line\n"))
      assert.strictEqual(yield* string(ChildProcess.make("head", ["-n", "1"], { stdin: endless })), "a line\n")
      assert.strictEqual(yield* exitCode(ChildProcess.make("true", { stdin: megabytes(3) })), 0)
    })
  )

  it.effect("to write to a child that has closed its stdin is an error of the sink", () =>
    Effect.gen(function* () {
      const handle = yield* script("exec 0<&-; echo ready; exec sleep 1000")
      yield* waitForLine(handle, "ready")
      assert.deepStrictEqual(
        yield* failure(Stream.run(Stream.forever(chunks("a")), handle.stdin)),
        notWritten("sh -c 'exec 0<&-; echo ready; exec sleep 1000'")
      )
    })
  )

  it.effect("to write to a child that has exited is an error of the sink", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("true")
      yield* handle.exitCode
      assert.deepStrictEqual(yield* failure(Stream.run(chunks("a"), handle.stdin)), notWritten("true"))
    })
  )

  it.effect("to write after the end is an error of the sink, to end again is not", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("sleep", ["1000"])
      yield* Stream.run(chunks("a"), handle.stdin)
      yield* Stream.run(Stream.empty, handle.stdin)
      assert.deepStrictEqual(yield* failure(Stream.run(chunks("b"), handle.stdin)), notWritten("sleep 1000"))
    })
  )

  it.effect("a stream that fails while it is written closes stdin", () =>
    Effect.gen(function* () {
      const handle = yield* script("cat; echo end")
      const written = Stream.run(Stream.concat(chunks("a"), Stream.fail(broken)), handle.stdin)
      assert.strictEqual(yield* Effect.flip(written), broken)
      assert.match(yield* text(handle.stdout), /^a?end\n$/)
    })
  )

  it.effect("a writer that is interrupted closes stdin", () =>
    Effect.gen(function* () {
      const handle = yield* script("echo ready; cat > /dev/null; echo end")
      const endless = Stream.concat(chunks("a"), Stream.never)
      const writer = yield* Effect.forkChild(Stream.run(endless, handle.stdin), { startImmediately: true })
      yield* Fiber.interrupt(writer)
      assert.strictEqual(yield* text(handle.stdout), "ready\nend\n")
    })
  )
}
