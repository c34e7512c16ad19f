/** `read`, `readError`, `readLine`, and what becomes of bytes that are not UTF-8. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"

const policy = { subject: "reader", commands: [{ command: "sh", args: true as const }] }

const connected = Layer.effect(
  Client,
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint(policy)
    return yield* Client.connect(yield* broker.openPort(), token)
  })
).pipe(Layer.provide(Broker.layer()))

const sh = (script: string, options = {}) => Client.use((client) => client.spawn("sh", ["-c", script], options))
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

layer(connected, { excludeTestServices: true })("reading", (it) => {
  it.effect("read takes at most what it is asked for, and nothing at the end", () =>
    Effect.gen(function* () {
      const process = yield* sh("printf abcdefgh")
      assert.strictEqual(text(yield* process.read(3)), "abc")
      assert.strictEqual(text(yield* process.read(100)), "defgh")
      assert.strictEqual((yield* process.read()).byteLength, 0)
      assert.strictEqual((yield* process.read()).byteLength, 0)
    })
  )

  it.effect("readError reads stderr beside stdout", () =>
    Effect.gen(function* () {
      const process = yield* sh("echo out; echo err >&2")
      assert.strictEqual(text(yield* process.readError()), "err\n")
      assert.strictEqual(text(yield* process.read()), "out\n")
    })
  )

  it.effect("readLine gives each line with its end, the last without one, then nothing", () =>
    Effect.gen(function* () {
      const process = yield* sh("printf 'one\\n\\ntwo\\r\\nlast'")
      const lines: Array<string> = []
      for (let line = yield* process.readLine; line !== ""; line = yield* process.readLine) lines.push(line)
      assert.deepStrictEqual(lines, ["one\n", "\n", "two\r\n", "last"])
      assert.strictEqual(yield* process.readLine, "")
    })
  )

  it.effect("lines, bytes and a stream go on where the last one stopped", () =>
    Effect.gen(function* () {
      const process = yield* sh("printf 'first\\nsecond\\nthird'")
      assert.strictEqual(yield* process.readLine, "first\n")
      assert.strictEqual(text(yield* process.read(3)), "sec")
      assert.strictEqual(yield* process.stdout.pipe(Stream.decodeText, Stream.mkString), "ond\nthird")
    })
  )

  it.effect("a line longer than the window comes whole", () =>
    Effect.gen(function* () {
      const process = yield* sh("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo after", { windowBytes: 65_536 })
      assert.strictEqual((yield* process.readLine).length, 3_000_001)
      assert.strictEqual(yield* process.readLine, "after\n")
    })
  )

  it.effect("an interrupted readLine takes nothing", () =>
    Effect.gen(function* () {
      const process = yield* sh("printf half; read go; echo ' line'")
      const waited = yield* process.readLine.pipe(Effect.timeoutOption("50 millis"))
      assert.strictEqual(waited._tag, "None")
      yield* process.write("\n")
      assert.strictEqual(yield* process.readLine, "half line\n")
    })
  )

  it.effect("a second reader is refused while the first waits", () =>
    Effect.gen(function* () {
      const process = yield* sh("read line; echo $line")
      const [line, refused] = yield* Effect.all(
        [process.readLine, Effect.flip(process.read()).pipe(Effect.tap(() => process.write("go\n")))],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(line, "go\n")
      assert.strictEqual(refused._tag, "InvalidArgument")
    })
  )

  it.effect("a size that is none, and a stream that is not piped, are InvalidArgument", () =>
    Effect.gen(function* () {
      const process = yield* sh("echo", { stderr: "ignore" })
      assert.strictEqual((yield* Effect.flip(process.read(0)))._tag, "InvalidArgument")
      assert.strictEqual((yield* Effect.flip(process.read(1.5)))._tag, "InvalidArgument")
      assert.include((yield* Effect.flip(process.readError())).message, "not piped")
    })
  )

  it.effect("bytes that are not UTF-8 are replaced, or refused and kept, as the caller says", () =>
    Effect.gen(function* () {
      const script = "printf 'a\\377b\\n'"
      const replaced = yield* sh(script)
      assert.strictEqual(yield* replaced.readLine, "a\uFFFDb\n")
      const strict = yield* sh(script, { invalidUtf8: "fail" })
      const refused = yield* Effect.flip(strict.readLine)
      assert.deepInclude(refused, { _tag: "Io", errno: "EILSEQ", stream: "stdout" })
      assert.deepStrictEqual([...(yield* strict.read())], [97, 255, 98, 10])
      const lines = yield* sh(script, { invalidUtf8: "fail" })
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(lines.stdoutLines)))._tag, "Io")
    })
  )

  it.effect("a character split between chunks is one character, also where errors are wanted", () =>
    Effect.gen(function* () {
      const process = yield* sh("printf 'h\\303'; read go; printf '\\251\\n'", { invalidUtf8: "fail" })
      const write = Effect.andThen(Effect.sleep("20 millis"), process.write("\n"))
      const [lines] = yield* Effect.all([Stream.runCollect(process.stdoutLines), write], { concurrency: "unbounded" })
      assert.deepStrictEqual(lines, ["hé"])
    })
  )
})
