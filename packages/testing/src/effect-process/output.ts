import { readlinkSync } from "node:fs"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as PlatformError from "effect/PlatformError"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { fixture, node } from "../harness.ts"
import { bytesOf, mark, script, text } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

const both = script("echo out; echo err >&2")

/** Puts out how many bytes there were, in brackets, once they have ended. */
const counting: Sink.Sink<Uint8Array, Uint8Array> = Sink.map(
  Sink.reduce(
    () => 0,
    (sum: number, chunk: Uint8Array) => sum + chunk.byteLength
  ),
  (sum) => bytesOf(`[${sum}]`)
)

const broken = PlatformError.badArgument({ module: "test", method: "sink", description: "it broke" })
const failing: Sink.Sink<Uint8Array, Uint8Array, never, PlatformError.PlatformError> = Sink.fail(broken)

export const output = (it: SpawnerIt): void => {
  it.effect("as one string", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(both), "out\n")
      assert.deepStrictEqual((yield* string(both, { includeStderr: true })).split("\n").toSorted(), ["", "err", "out"])
      assert.strictEqual(yield* string(ChildProcess.make("true")), "")
      assert.strictEqual(yield* string(script("echo before; exit 3")), "before\n")
    })
  )

  it.effect("as lines, without their ends", () =>
    Effect.gen(function* () {
      const { lines } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.deepStrictEqual(yield* lines(script("printf 'a\\nb\\r\\n\\nc'")), ["a", "b", "", "c"])
      assert.deepStrictEqual((yield* lines(both, { includeStderr: true })).toSorted(), ["err", "out"])
      assert.deepStrictEqual(yield* lines(ChildProcess.make("true")), [])
    })
  )

  it.effect("as streams of text and of lines", () =>
    Effect.gen(function* () {
      const { streamLines, streamString } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* Stream.mkString(streamString(both)), "out\n")
      assert.deepStrictEqual(yield* Stream.runCollect(streamLines(both)), ["out"])
      assert.deepStrictEqual(
        (yield* Stream.mkString(streamString(both, { includeStderr: true }))).split("\n").toSorted(),
        ["", "err", "out"]
      )
      assert.deepStrictEqual((yield* Stream.runCollect(streamLines(both, { includeStderr: true }))).toSorted(), [
        "err",
        "out"
      ])
    })
  )

  it.effect("stderr that is not asked for does not hold the child up", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(script("head -c 3000000 /dev/zero >&2; echo done")), "done\n")
    })
  )

  it.effect("a character that is split between two writes is one character", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const hex = Buffer.from("é€😀").toString("hex")
      const command = ChildProcess.make(node, [fixture("write-byte-by-byte.js"), hex])
      assert.strictEqual(yield* string(command), "é€😀")
    })
  )

  it.effect("ten million bytes come whole, and in order", () =>
    Effect.gen(function* () {
      const handle = yield* script("seq 1 1300000")
      let expected = 1
      yield* handle.stdout.pipe(
        Stream.decodeText,
        Stream.splitLines,
        Stream.runForEach((line) => Effect.sync(() => assert.strictEqual(Number(line), expected++)))
      )
      assert.strictEqual(expected, 1_300_001)
    })
  )

  it.effect("a stream ends at its real end, whoever writes last", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(script("(sleep 0.5; echo late) & echo soon")), "soon\nlate\n")
    })
  )

  it.effect("a reader that has enough ends the command", () =>
    Effect.gen(function* () {
      const { streamLines } = yield* ChildProcessSpawner.ChildProcessSpawner
      const { options, living } = mark()
      const two = streamLines(ChildProcess.make("yes", options)).pipe(Stream.take(2), Stream.runCollect)
      assert.deepStrictEqual(yield* two, ["y", "y"])
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("stdout and stderr are two streams, `all` is both", () =>
    Effect.gen(function* () {
      const separate = yield* both
      assert.deepStrictEqual(yield* Effect.all([text(separate.stdout), text(separate.stderr)], { concurrency: 2 }), [
        "out\n",
        "err\n"
      ])
      const together = yield* both
      assert.deepStrictEqual((yield* text(together.all)).split("\n").toSorted(), ["", "err", "out"])
    })
  )

  it.effect("`all` gives what has been said before the child says more", () =>
    Effect.gen(function* () {
      const answers = yield* Queue.unbounded<Uint8Array>()
      const handle = yield* script("for i in 1 2 3; do echo out$i; read x; echo err$i >&2; read x; done", {
        stdin: Stream.fromQueue(answers)
      })
      // An answer for each line, so that the order is the child's.
      const seen = yield* handle.all.pipe(
        Stream.decodeText,
        Stream.splitLines,
        Stream.tap(() => Queue.offer(answers, bytesOf("\n"))),
        Stream.runCollect
      )
      assert.deepStrictEqual(seen, ["out1", "err1", "out2", "err2", "out3", "err3"])
    })
  )

  it.effect("a stream that has ended is empty for the next reader", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("echo", ["once"])
      assert.strictEqual(yield* text(handle.stdout), "once\n")
      assert.strictEqual(yield* text(handle.stdout), "")
    })
  )

  it.effect.each(["ignore", "inherit"] as const)("what is not piped is empty: %s", (how) =>
    Effect.gen(function* () {
      // The child is silent where it would be heard by whoever runs the tests.
      const handle = yield* script(how === "ignore" ? "echo out; echo err >&2" : "true", { stdout: how, stderr: how })
      assert.strictEqual(yield* text(handle.stdout), "")
      assert.strictEqual(yield* text(handle.stderr), "")
      assert.strictEqual(yield* text(handle.all), "")
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("`all` without one of them is the other", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const command = script("echo out; echo err >&2", { stdout: "ignore" })
      assert.strictEqual(yield* text((yield* command).all), "err\n")
      assert.strictEqual(yield* string(command), "")
      assert.strictEqual(yield* string(command, { includeStderr: true }), "err\n")
    })
  )

  it.effect.each(["pipe", "overlapped"] as const)("`%s` is a pipe, also as a configuration", (how) =>
    Effect.gen(function* () {
      const handle = yield* script("echo out; echo err >&2", { stdout: how, stderr: { stream: how } })
      assert.strictEqual(yield* text(handle.stdout), "out\n")
      assert.strictEqual(yield* text(handle.stderr), "err\n")
    })
  )

  it.effect("what is inherited or ignored is just that", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const line = "readlink /proc/self/fd/0 /proc/self/fd/2"
      const see = (how: "inherit" | "ignore") => string(script(line, { stdin: how, stderr: how }))
      assert.strictEqual(yield* see("ignore"), "/dev/null\n/dev/null\n")
      assert.strictEqual(
        yield* see("inherit"),
        `${readlinkSync("/proc/self/fd/0")}\n${readlinkSync("/proc/self/fd/2")}\n`
      )
    })
  )

  it.effect("a sink takes the output, and what it makes of it is the stream", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const options = { stdout: counting, stderr: { stream: counting } }
      const handle = yield* script("printf abc; printf de >&2", options)
      assert.strictEqual(yield* text(handle.stdout), "[3]")
      assert.strictEqual(yield* text(handle.stderr), "[2]")
      const again = yield* script("printf abc; printf de >&2", options)
      const all = yield* text(again.all)
      assert.isTrue(all === "[3][2]" || all === "[2][3]", all)
      assert.strictEqual(yield* string(script("printf abc", { stdout: counting })), "[3]")
    })
  )

  it.effect("a sink that fails, fails whoever reads", () =>
    Effect.gen(function* () {
      const { exitCode, string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* Effect.flip(string(script("echo a", { stdout: failing }))), broken)
      assert.strictEqual(yield* Effect.flip(string(script("echo a >&2; exec sleep 1000", { stderr: failing }))), broken)
      assert.strictEqual(yield* Effect.flip(exitCode(script("echo a; exec sleep 1000", { stdout: failing }))), broken)
      const handle = yield* script("echo a", { stdout: failing })
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )
}
