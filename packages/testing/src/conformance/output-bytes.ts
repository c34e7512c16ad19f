import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import type { ProcessError, SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { countingDigest } from "../fixtures/counting-bytes.js"
import { connect, eventually, fixture, node, spawnFixture, spawnScript, stderrText, stdoutText } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const MIB = 1024 * 1024

/** SHA-256 and length of a stream, without keeping it. */
const digest = (stream: Stream.Stream<Uint8Array, ProcessError>) =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    let length = 0
    return Stream.runForEach(stream, (chunk) =>
      Effect.sync(() => {
        hash.update(chunk)
        length += chunk.byteLength
      })
    ).pipe(Effect.map(() => ({ length, sha256: hash.digest("hex") })))
  })

const expected = (length: number, first = 0) => ({ length, sha256: countingDigest(length, first) })

export const outputBytes = (it: SuiteIt): void => {
  it.effect("of 64 MiB on stdout and on stderr at once arrives whole and in order", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 64 * MIB
      const process = yield* spawnFixture(client, "write-counting.js", [String(total), String(total)])
      const [stdout, stderr] = yield* Effect.all([digest(process.stdout), digest(process.stderr)], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(stdout, expected(total))
      assert.deepStrictEqual(stderr, expected(total, 1_000_000_000))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("of a short command is never lost, in 1,000 runs of which many go on at once", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const results = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => index),
        (index) =>
          client.run("sh", ["-c", `printf 'out %s' ${index}; printf 'err %s' ${index} >&2; exit ${index % 256}`]),
        { concurrency: 24 }
      )
      const seen = results.map(({ exit, stdout, stderr }) => ({ exit, stdout, stderr }))
      const wanted = results.map((_, index) => ({
        exit: { _tag: "Exited" as const, code: index % 256 },
        stdout: `out ${index}`,
        stderr: `err ${index}`
      }))
      assert.deepStrictEqual(
        seen.filter((result, index) => JSON.stringify(result) !== JSON.stringify(wanted[index])).slice(0, 3),
        []
      )
    })
  )

  it.effect("of a short command is there for a reader that comes after its end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const readLate = Effect.scoped(
        Effect.gen(function* () {
          const process = yield* spawnScript(client, "printf last; printf words >&2")
          yield* Stream.runDrain(process.lifecycle)
          return `${yield* stdoutText(process)} ${yield* stderrText(process)}`
        })
      )
      const seen = yield* Effect.all(
        Array.from({ length: 200 }, () => readLate),
        { concurrency: 16 }
      )
      assert.deepStrictEqual(
        seen.filter((words) => words !== "last words"),
        []
      )
    })
  )

  it.effect("that a pipe cannot hold at once is complete although the exit is near", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const runs = Array.from({ length: 50 }, () => client.run("head", ["-c", "1000000", "/dev/zero"]))
      const lengths = (yield* Effect.all(runs, { concurrency: 8 })).map(({ stdoutBytes }) => stdoutBytes.byteLength)
      assert.deepStrictEqual(
        lengths.filter((length) => length !== 1_000_000),
        []
      )
    })
  )

  const boundaries = [1, 4095, 4096, 4097, 8191, 8192, 8193, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]
  it.effect.each(boundaries)("of %i bytes is as long as that", (length) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("head", ["-c", String(length), "/dev/zero"])
      assert.strictEqual(result.stdoutBytes.byteLength, length)
      assert.isTrue(result.stdoutBytes.every((byte) => byte === 0))
      assert.isFalse(result.truncated)
    })
  )

  it.effect.each([4096, 10_000, 16 * MIB])("arrives whole through a window of %i bytes", (windowBytes) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 8 * MIB
      const process = yield* spawnFixture(client, "write-counting.js", [String(total), String(total)], { windowBytes })
      const [stdout, stderr] = yield* Effect.all([digest(process.stdout), digest(process.stderr)], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(stdout, expected(total))
      assert.deepStrictEqual(stderr, expected(total, 1_000_000_000))
    })
  )

  it.effect("of run is kept apart and together, each whole", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 8 * MIB
      const result = yield* client.run(node, [fixture("write-counting.js"), String(total), String(total)])
      const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
      assert.strictEqual(sha256(result.stdoutBytes), countingDigest(total))
      assert.strictEqual(sha256(result.stderrBytes), countingDigest(total, 1_000_000_000))
      assert.strictEqual(result.allBytes.byteLength, 2 * total)
      assert.isFalse(result.truncated)
    })
  )

  it.effect("of a stream that is read is not held up by the other, for as long as the child is not", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "head -c 4000000 /dev/zero; exec >&-; head -c 4000000 /dev/zero >&2")
      assert.strictEqual((yield* digest(process.stdout)).length, 4_000_000)
      // Only now is there anybody for stderr, on which the child waits.
      assert.strictEqual((yield* digest(process.stderr)).length, 4_000_000)
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("of a child that closes stdout early ends while the child goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, 'echo out; exec >&-; read line; echo "late $line" >&2')
      assert.strictEqual(yield* stdoutText(process), "out\n")
      assert.isTrue((yield* process.status).running)
      yield* process.write("word\n")
      assert.strictEqual(yield* stderrText(process), "late word\n")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("in `all` has both streams in their order of arrival", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "alternate.js", ["50"])
      yield* process.write(".")
      const text = yield* process.all.pipe(
        // The next line is written once this one has arrived, so the order is settled.
        Stream.tap(() => Effect.ignore(process.write("."))),
        Stream.decodeText,
        Stream.mkString
      )
      assert.strictEqual(text, Array.from({ length: 50 }, (_, line) => `${line + 1}\n`).join(""))
    })
  )

  it.effect("has one reader at a time: a second one is refused, and so is `all` beside it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      yield* Effect.forkChild(Stream.runDrain(process.stdout), { startImmediately: true })
      for (const second of [process.stdout, process.all]) {
        const error = yield* Effect.flip(Stream.runDrain(second))
        assert.strictEqual(error._tag, "InvalidArgument")
      }
      yield* process.closeStdin
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("that one reader leaves is there for the next", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      yield* process.write("first")
      const first = yield* Stream.runHead(process.stdout)
      yield* process.write("second")
      yield* process.closeStdin
      assert.strictEqual(first._tag, "Some")
      assert.strictEqual(yield* stdoutText(process), "second")
    })
  )

  it.effect("of `yes` goes on for as long as it is read, and its writer dies with its scope", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const length = yield* Effect.scoped(
        Effect.gen(function* () {
          const process = yield* client.spawn("yes")
          return yield* process.stdout.pipe(
            Stream.scan(
              () => 0,
              (sum, chunk) => sum + chunk.byteLength
            ),
            Stream.takeUntil((sum) => sum > 16 * MIB),
            Stream.runLast
          )
        })
      )
      assert.strictEqual(length._tag, "Some")
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("that is ignored goes to /dev/null, and cannot be read", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("readlink", ["/proc/self/fd/0", "/proc/self/fd/2"], {
        stdin: "ignore",
        stderr: "ignore"
      } as SpawnOptions)
      assert.strictEqual(yield* stdoutText(process), "/dev/null\n/dev/null\n")
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(process.stderr)))._tag, "InvalidArgument")
      const silent = yield* spawnScript(client, "exec 3>&1; readlink /proc/$$/fd/3 >&2", { stdout: "ignore" })
      assert.strictEqual(yield* stderrText(silent), "/dev/null\n")
    })
  )

  it.effect("of run is cut at `maxOutputBytes`, says so, and lets the child finish", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("head", ["-c", String(3 * MIB), "/dev/zero"], { maxOutputBytes: 1000 })
      assert.strictEqual(result.stdoutBytes.byteLength, 1000)
      assert.isTrue(result.truncated)
      assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("is counted while it comes, and when it is over", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "printf 12345; read line; printf 6789; printf abc >&2")
      yield* eventually("five bytes are counted", process.status, ({ bytes }) => bytes.stdout === 5)
      yield* process.write("\n")
      yield* Stream.runDrain(process.all)
      assert.deepStrictEqual((yield* client.get(process.id)).bytes, { stdin: 1, stdout: 9, stderr: 3 })
    })
  )
}
