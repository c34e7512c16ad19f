import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import type { ClientHandle, ProcessError, SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { countingBlocks, countingDigest } from "../fixtures/counting-bytes.js"
import { connect, fixture, node, spawnFixture, spawnScript } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const MIB = 1024 * 1024

/** SHA-256 of a stream, and whether each batch was whole until the next was asked for, and empty from then on. */
const inspect = (stream: Stream.Stream<Uint8Array, ProcessError>) =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    let [length, bytesTooLong] = [0, 0]
    let kept: ReadonlyArray<Uint8Array> = []
    const look = (): void => void (bytesTooLong += kept.reduce((sum, chunk) => sum + chunk.length, 0))
    return Stream.runForEachArray(stream, (batch) =>
      Effect.gen(function* () {
        look()
        // Others arrive meanwhile, and must not come into these.
        yield* Effect.yieldNow
        for (const chunk of batch) {
          hash.update(chunk)
          length += chunk.length
        }
        kept = batch
      })
    ).pipe(
      Effect.tap(() => Effect.sync(look)),
      Effect.map(() => ({ length, sha256: hash.digest("hex"), bytesTooLong }))
    )
  })

const expected = (length: number, first = 0) => ({ length, sha256: countingDigest(length, first), bytesTooLong: 0 })

const writeCounting = (client: ClientHandle, stdout: number, stderr: number, options: SpawnOptions = {}) =>
  spawnFixture(client, "write-counting.js", [String(stdout), String(stderr)], { chunks: "borrowed", ...options })

/** How often each byte occurs in what is written. */
const occurrences = (chunks: Iterable<Uint8Array>, counts = Array.from({ length: 256 }, () => 0)): Array<number> => {
  for (const chunk of chunks) for (const byte of chunk) counts[byte]!++
  return counts
}

const numbered = (lines: number): string => Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join("")

export const borrowed = (it: SuiteIt): void => {
  it.effect("are whole until the next are asked for, and empty from then on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* writeCounting(client, 64 * MIB, 64 * MIB)
      const seen = yield* Effect.all([inspect(process.stdout), inspect(process.stderr)], { concurrency: "unbounded" })
      assert.deepStrictEqual(seen, [expected(64 * MIB), expected(64 * MIB, 1_000_000_000)])
    })
  )

  it.effect.each([4096, 16 * MIB])("come whole through a window of %i bytes", (windowBytes) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* writeCounting(client, 8 * MIB, 0, { windowBytes })
      assert.deepStrictEqual(yield* inspect(process.stdout), expected(8 * MIB))
    })
  )

  it.effect("of both streams together are all there", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* writeCounting(client, 4 * MIB, 4 * MIB)
      const counts = occurrences([])
      yield* Stream.runForEach(process.all, (chunk) => Effect.sync(() => occurrences([chunk], counts)))
      const wanted = occurrences([...countingBlocks(4 * MIB, 0), ...countingBlocks(4 * MIB, 1_000_000_000)])
      assert.deepStrictEqual(counts, wanted)
    })
  )

  it.effect("of an additional descriptor are whole, too", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "head -c 8388608 /dev/zero >&3", {
        chunks: "borrowed",
        additionalFds: { 3: "output" }
      })
      const { length, bytesTooLong } = yield* inspect(process.getOutputFd(3))
      assert.deepStrictEqual({ length, bytesTooLong }, { length: 8 * MIB, bytesTooLong: 0 })
    })
  )

  it.effect("become the same text and the same lines", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const count = 300_000
      const [one, other] = yield* Effect.all([
        client.spawn("seq", [String(count)], { chunks: "borrowed" }),
        client.spawn("seq", [String(count)], { chunks: "borrowed" })
      ])
      const lines = yield* Stream.runCollect(one.stdoutLines)
      assert.strictEqual(lines.join("\n") + "\n", numbered(count))
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(other.stdout)), numbered(count))
    })
  )

  it.effect("are empty once their reader is interrupted, and nothing of them comes twice", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("seq", ["300000"], { chunks: "borrowed" })
      const whole = Buffer.from(numbered(300_000))
      const kept: Array<Uint8Array> = []
      let start = Buffer.alloc(0)
      const reader = yield* Effect.forkChild(
        Stream.runForEach(process.stdout, (chunk) =>
          Effect.suspend(() => {
            kept.push(chunk)
            start = Buffer.concat([start, chunk])
            return start.length > 200_000 ? Effect.never : Effect.void
          })
        )
      )
      while (start.length <= 200_000) yield* Effect.yieldNow
      yield* Fiber.interrupt(reader)
      assert.isTrue(kept.every(({ length }) => length === 0))
      const rest = yield* Stream.mkUint8Array(Stream.map(process.stdout, (chunk) => chunk.slice()))
      assert.isTrue(whole.subarray(0, start.length).equals(start))
      assert.isTrue(whole.subarray(whole.length - rest.length).equals(rest))
      assert.isAtMost(start.length + rest.length, whole.length)
    })
  )

  it.effect(
    "are nobody else's business: `read` and `readLine` give what is the caller's own, from where they stopped",
    () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const process = yield* spawnScript(client, "echo first; read go; printf 'second\\nthird'", {
          chunks: "borrowed"
        })
        const first = yield* Stream.runHead(Stream.map(process.stdout, toText))
        assert.strictEqual(Option.getOrThrow(first), "first\n")
        yield* process.write("go\n")
        assert.strictEqual(yield* process.readLine, "second\n")
        const third = yield* process.read(3)
        const rest = yield* process.read()
        yield* Stream.runDrain(process.stdout)
        assert.strictEqual(toText(third) + toText(rest), "third")
      })
  )

  it.effect("can be fed to another process", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 16 * MIB
      const one = yield* writeCounting(client, total, 0)
      const other = yield* client.spawn("sha256sum")
      yield* Stream.run(one.stdout, other.stdin)
      assert.strictEqual((yield* other.readLine).split(" ")[0], expected(total).sha256)
    })
  )

  it.effect("of one handle take nothing from another that keeps its own", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 16 * MIB
      const script = `read go; exec "$0" "$@"`
      const process = yield* client.spawn("sh", ["-c", script, node, fixture("write-counting.js"), String(total)])
      const other = yield* client.attach(process.id, { chunks: "borrowed" })
      yield* process.write("go\n")
      const [kept, seen] = yield* Effect.all([Stream.runCollect(process.stdout), inspect(other.stdout)], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(seen, expected(total))
      const hash = createHash("sha256")
      for (const chunk of kept) hash.update(chunk)
      assert.strictEqual(hash.digest("hex"), expected(total).sha256)
    })
  )

  it.effect("are an option of each stage of a pipeline", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const line = yield* client.pipeline(
        [{ command: "head", args: ["-c", String(4 * MIB), "/dev/zero"] }, { command: "cat" }],
        { chunks: "borrowed" }
      )
      const { length, bytesTooLong } = yield* inspect(line.stdout)
      assert.deepStrictEqual({ length, bytesTooLong }, { length: 4 * MIB, bytesTooLong: 0 })
    })
  )

  it.effect("are copied by whoever keeps them: `run` has all of a large output", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stdoutBytes } = yield* client.run(node, [fixture("write-counting.js"), String(8 * MIB)])
      assert.strictEqual(createHash("sha256").update(stdoutBytes).digest("hex"), expected(8 * MIB).sha256)
    })
  )

  it.effect("are refused where the option is misspelled", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const wrong = { chunks: "borowed" as never }
      const running = yield* client.spawn("cat")
      const stages = [{ command: "true" }, { command: "cat", options: wrong }]
      for (const [argument, refused] of [
        ["chunks", Effect.asVoid(client.spawn("true", [], wrong))],
        ["chunks", Effect.asVoid(client.attach(running.id, wrong))],
        ["stages[1].chunks", Effect.asVoid(client.pipeline(stages))]
      ] as const) {
        assert.deepInclude(yield* Effect.flip(refused), { _tag: "InvalidArgument", argument })
      }
    })
  )
}

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
