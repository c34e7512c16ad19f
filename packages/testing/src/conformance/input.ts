import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import type { SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { countingBlocks, countingDigest } from "../fixtures/counting-bytes.js"
import { connect, eventually, spawnScript, waitForLine } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const MIB = 1024 * 1024

export const input = (it: SuiteIt): void => {
  it.effect("of 64 MiB comes back from `cat` whole and in order", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 64 * MIB
      const process = yield* client.spawn("cat")
      const hash = createHash("sha256")
      yield* Effect.all(
        [
          Stream.fromIterable(countingBlocks(total)).pipe(Stream.rechunk(1), Stream.run(process.stdin)),
          Stream.runForEach(process.stdout, (chunk) => Effect.sync(() => hash.update(chunk)))
        ],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(hash.digest("hex"), countingDigest(total))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      assert.strictEqual((yield* process.status).bytes.stdin, total)
    })
  )

  it.effect("is taken byte by byte as it was written, text as UTF-8, and each write says how much it was", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      assert.strictEqual(yield* process.write("häh €"), 8)
      assert.strictEqual(yield* process.write(new Uint8Array([0, 255, 10])), 3)
      assert.strictEqual(yield* process.write(""), 0)
      yield* process.closeStdin
      const echoed = yield* Stream.mkUint8Array(process.stdout)
      assert.deepStrictEqual([...echoed], [...new TextEncoder().encode("häh €"), 0, 255, 10])
    })
  )

  it.effect("leaves the writer's own buffer as it was", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      const whole = new Uint8Array([1, 2, 3, 4, 5, 6])
      yield* process.write(whole.subarray(2, 4))
      yield* process.closeStdin
      assert.deepStrictEqual([...(yield* Stream.mkUint8Array(process.stdout))], [3, 4])
      assert.deepStrictEqual([...whole], [1, 2, 3, 4, 5, 6])
    })
  )

  it.effect("of many writers at once keeps each write in one piece", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      const writes = Array.from({ length: 20 }, (_, index) =>
        process.write(`${String.fromCharCode(97 + index).repeat(50_000)}\n`)
      )
      const [lines] = yield* Effect.all(
        [
          Stream.runCollect(process.stdoutLines),
          Effect.andThen(Effect.all(writes, { concurrency: "unbounded" }), process.closeStdin)
        ],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(lines.length, 20)
      assert.isTrue(lines.every((line) => line.length === 50_000 && line === line[0]!.repeat(50_000)))
    })
  )

  it.effect("that is closed cannot be written to, and may be closed again", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      yield* process.closeStdin
      yield* process.closeStdin
      const error = yield* Effect.flip(process.write("late"))
      assert.strictEqual(error._tag, "InvalidArgument")
    })
  )

  it.effect("that is not piped cannot be written to", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat", [], { stdin: "ignore" } as SpawnOptions)
      assert.strictEqual((yield* Effect.flip(process.write("x")))._tag, "InvalidArgument")
      assert.strictEqual((yield* Effect.flip(process.closeStdin))._tag, "InvalidArgument")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("that the child closes early breaks the write with EPIPE, and nothing else", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "exec <&-; echo closed; exec sleep 1000")
      yield* waitForLine(process, "closed")
      const error = yield* Effect.flip(Effect.forever(process.write(new Uint8Array(64 * 1024))))
      assert.strictEqual(error._tag, "Io")
      assert.deepInclude(error, { operation: "write", stream: "stdin", errno: "EPIPE", code: 4000 })
      assert.isTrue((yield* process.status).running)
      assert.strictEqual((yield* client.run("printf", ["alive"])).stdout, "alive")
    })
  )

  it.effect("that is large does not outlive a child that exits without reading it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const attempts = Array.from({ length: 20 }, () =>
        Effect.scoped(
          Effect.gen(function* () {
            const process = yield* client.spawn("true")
            const error = yield* Effect.flip(Effect.forever(process.write(new Uint8Array(MIB))))
            assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
            return error._tag === "Io" ? error.errno : error._tag
          })
        )
      )
      const errors = new Set(yield* Effect.all(attempts, { concurrency: 4 }))
      errors.delete("EPIPE")
      errors.delete("AlreadyExited")
      assert.deepStrictEqual([...errors], [])
      assert.strictEqual((yield* client.run("printf", ["alive"])).stdout, "alive")
    })
  )

  it.effect("after the exit fails with AlreadyExited", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("true")
      yield* process.exit
      const error = yield* Effect.flip(process.write("late"))
      // The pipe broke before the exit was known, or the exit was known first: both say that it takes no more.
      assert.include(["AlreadyExited", "Io"], error._tag)
    })
  )

  it.effect("of run may be more than the command reads", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("head", ["-c", "3"], { stdin: new Uint8Array(8 * MIB).fill(120) })
      assert.strictEqual(result.stdout, "xxx")
      assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("of run may be text, bytes or a stream", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const inputs = ["text", new TextEncoder().encode("text"), Stream.make("te", new Uint8Array([120, 116]))]
      const outputs = yield* Effect.forEach(inputs, (stdin) =>
        Effect.map(client.run("cat", [], { stdin }), ({ stdout }) => stdout)
      )
      assert.deepStrictEqual(outputs, ["text", "text", "text"])
    })
  )

  it.effect("waits for a child that does not read, and goes on when it does", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "read go; exec head -c 4000000 | cat >/dev/null; echo done")
      yield* process.write("go\n")
      const writing = yield* Effect.forkChild(process.write(new Uint8Array(4_000_000)))
      yield* waitForLine(process, "done")
      assert.strictEqual(yield* Fiber.join(writing), 4_000_000)
    })
  )

  it.effect("that nobody reads is bounded: a write does not finish before the child has taken its part", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo ready; exec sleep 1000")
      yield* waitForLine(process, "ready")
      const writing = yield* Effect.forkChild(Effect.forever(process.write(new Uint8Array(4096))))
      let before = -1
      const look = Effect.map(process.status, ({ bytes }) => {
        const seen = { taken: bytes.stdin, same: bytes.stdin === before }
        before = bytes.stdin
        return seen
      })
      yield* eventually("the pipe is full", look, ({ taken, same }) => taken > 0 && same)
      assert.isBelow((yield* process.status).bytes.stdin, MIB)
      yield* Fiber.interrupt(writing)
      assert.isTrue((yield* process.status).running)
    })
  )
}
