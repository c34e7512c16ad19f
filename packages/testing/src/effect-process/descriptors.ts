import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as PlatformError from "effect/PlatformError"
import type { ChildProcess } from "effect/process"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { bytesOf, chunks, failure, script, text, waitForLine } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

type Fds = NonNullable<ChildProcess.CommandOptions["additionalFds"]>

const withFds = (line: string, additionalFds: Fds) => script(line, { additionalFds })

const broken = PlatformError.badArgument({ module: "test", method: "input", description: "it broke" })

/** Every chunk in brackets, once all have come. */
const bracketed: Sink.Sink<Uint8Array, Uint8Array> = Sink.map(
  Sink.reduce(
    () => 0,
    (sum: number, chunk: Uint8Array) => sum + chunk.byteLength
  ),
  (sum) => bytesOf(`[${sum}]`)
)

export const descriptors = (it: SpawnerIt): void => {
  it.effect("what the child writes to one is a stream", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("echo three >&3; echo four >&4; echo one", {
        fd3: { type: "output" },
        fd4: { type: "output" }
      })
      assert.strictEqual(yield* text(handle.getOutputFd(3)), "three\n")
      assert.strictEqual(yield* text(handle.getOutputFd(4)), "four\n")
      assert.strictEqual(yield* text(handle.stdout), "one\n")
    })
  )

  it.effect("what a stream gives is what the child reads from one", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("cat <&3", { fd3: { type: "input", stream: chunks("a", "b") } })
      assert.strictEqual(yield* text(handle.stdout), "ab")
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("a sink writes to one, then closes it", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("cat <&3", { fd3: { type: "input" } })
      yield* Stream.run(chunks("a", "b"), handle.getInputFd(3))
      assert.strictEqual(yield* text(handle.stdout), "ab")
    })
  )

  it.effect("a sink takes what comes out of one", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("printf abc >&3", { fd3: { type: "output", sink: bracketed } })
      assert.strictEqual(yield* text(handle.getOutputFd(3)), "[3]")
    })
  )

  it.effect("one may go both ways", () =>
    Effect.gen(function* () {
      const handle = yield* withFds('read line <&3; echo "got $line" >&3; cat <&3 >&3', { fd3: { type: "duplex" } })
      yield* Stream.run(chunks("a\n", "rest"), handle.getInputFd(3))
      assert.strictEqual(yield* text(handle.getOutputFd(3)), "got a\nrest")
    })
  )

  it.effect("one may go both ways, between a stream and a sink", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("cat <&3 >&3", {
        fd3: { type: "duplex", stream: chunks("abcde"), sink: bracketed }
      })
      assert.strictEqual(yield* text(handle.getOutputFd(3)), "[5]")
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("a megabyte goes through each", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("cat <&3 >&4", {
        fd3: { type: "input", stream: Stream.succeed(new Uint8Array(1_000_000).fill(120)) },
        fd4: { type: "output" }
      })
      assert.strictEqual((yield* text(handle.getOutputFd(4))).length, 1_000_000)
    })
  )

  it.effect("one that was not asked for drains its input, and is empty", () =>
    Effect.gen(function* () {
      const plain = yield* script("true")
      yield* Stream.run(chunks("a"), plain.getInputFd(3))
      assert.strictEqual(yield* text(plain.getOutputFd(3)), "")
      const handle = yield* withFds("true", { fd3: { type: "output" }, fd5: { type: "input" } })
      yield* Stream.run(chunks("a"), handle.getInputFd(3))
      yield* Stream.run(chunks("a"), handle.getInputFd(4))
      assert.strictEqual(yield* text(handle.getOutputFd(5)), "")
      assert.strictEqual(yield* text(handle.getOutputFd(99)), "")
    })
  )

  it.effect("those between are not open, and names that are none are passed over", () =>
    Effect.gen(function* () {
      const odd = { fd1: { type: "output" }, three: { type: "output" } } as Fds
      const handle = yield* withFds("for n in 3 4 5; do test -e /proc/$$/fd/$n && echo $n; done", {
        ...odd,
        fd5: { type: "output" }
      })
      assert.strictEqual(yield* text(handle.stdout), "5\n")
    })
  )

  it.effect("an input stream that fails is the error of `exitCode`", () =>
    Effect.gen(function* () {
      const handle = yield* withFds("cat <&3", {
        fd3: { type: "input", stream: Stream.concat(chunks("a"), Stream.fail(broken)) }
      })
      assert.strictEqual(yield* Effect.flip(handle.exitCode), broken)
    })
  )

  it.effect("to write to one that the child has closed is an error of the sink", () =>
    Effect.gen(function* () {
      const line = "exec 3<&-; echo ready; exec sleep 1000"
      const handle = yield* withFds(line, { fd3: { type: "input" } })
      yield* waitForLine(handle, "ready")
      assert.deepStrictEqual(yield* failure(Stream.run(Stream.forever(chunks("a")), handle.getInputFd(3))), {
        error: "PlatformError",
        reason: "Unknown",
        module: "ChildProcess",
        method: "fromWritable(fd3)",
        what: `sh -c '${line}'`
      })
    })
  )
}
