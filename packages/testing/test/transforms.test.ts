/** Transforms of outputs, with real processes and real threads. */
import { assert, describe, layer, it as plain } from "@effect/vitest"
import { Broker, type OwnTransform, type PoolOptions } from "@spawnbroker/broker"
import { Client, type ClientHandle, defineTransform, Digest, TransformFailed } from "@spawnbroker/client"
import { connect as connectPromise } from "@spawnbroker/client/promise"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createHash, randomBytes } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { connect, eventually, residentBytes, stdoutText, temporaryDirectory } from "../src/index.ts"

const module = (name: string): URL => new URL(`../src/transforms/${name}.ts`, import.meta.url)

const pool: PoolOptions = { threads: 2, idleTimeout: "50 millis", memoryMb: 64 }
const own = {
  throws: { module: module("throws") },
  hangs: { module: module("hangs"), stepTimeout: "500 millis" },
  bloats: { module: module("bloats"), stepTimeout: "60 seconds" },
  misbehaves: { module: module("misbehaves") },
  tally: { module: module("tally") },
  opposite: { module: module("reverse-bytes") },
  none: { module: module("no-module") },
  missing: { module: "/none/of/this.ts" }
} satisfies Readonly<Record<string, OwnTransform>>
const all = ["lines", "ndjson", "stripAnsi", "gunzip", "digest", ...Object.keys(own)]
const brokerLayer = Broker.layer({ pool, transforms: own, policyWarnings: "ignore" })

/** A process that puts out some bytes, in pieces that are cut anywhere, as one that waits between them does. */
const puttingOut = (client: ClientHandle, pieces: ReadonlyArray<Uint8Array>, options: object) =>
  Effect.gen(function* () {
    const cat = yield* client.spawn("cat", [], options)
    const feed = Effect.andThen(
      Effect.forEach(pieces, (piece) => cat.write(piece), { discard: true }),
      cat.closeStdin
    )
    yield* Effect.forkScoped(Effect.ignore(feed))
    return cat
  })

const bytesOf = (stream: Stream.Stream<Uint8Array, any>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => Buffer.concat(chunks))

const Any = defineTransform("ndjson", Schema.Unknown)

layer(brokerLayer, { excludeTestServices: true })("a transform", (it) => {
  it.effect("lines: keeps those that contain one of some texts, whole and in order", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const options = { transform: { name: "lines", options: { includes: ["7", "42"] } } }
      const seq = yield* client.spawn("seq", ["1", "1000"], options)
      const expected = Array.from({ length: 1000 }, (_, index) => `${index + 1}`)
      assert.deepStrictEqual(
        yield* Stream.runCollect(seq.stdoutLines),
        expected.filter((line) => line.includes("7") || line.includes("42"))
      )
      const whole = yield* client.spawn("printf", ["one\\n\\ntwo"], { transform: "lines" })
      assert.strictEqual(yield* stdoutText(whole), "one\n\ntwo")
    }).pipe(Effect.scoped)
  )

  it.effect("ndjson: gives the values that fit, with the fields that are asked for, typed", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const records = Array.from({ length: 5000 }, (_, id) => ({ id, odd: id % 2 === 1, name: `n ${id} ü`, at: "x" }))
      const input = Buffer.from(`${records.map((record) => JSON.stringify(record)).join("\r\n")}\n\n`)
      const Odd = defineTransform("ndjson", Schema.Struct({ id: Schema.Int, name: Schema.String }))
      const options = { transform: { name: "ndjson", options: { pick: ["id", "name"], where: { odd: true } } } }
      const cat = yield* puttingOut(client, [input], options)
      assert.deepStrictEqual(
        yield* Stream.runCollect(cat.results(Odd)),
        records.filter(({ odd }) => odd).map(({ id, name }) => ({ id, name }))
      )
    }).pipe(Effect.scoped)
  )

  it.effect("ndjson: a line that is no JSON ends it, after those before it, or is passed over", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const script = ["1\\n2\\n{\\n3"]
      const strict = yield* client.spawn("printf", script, { transform: "ndjson" })
      const seen: Array<unknown> = []
      const failed = yield* Effect.flip(
        Stream.runForEach(strict.results(Any), (value) => Effect.sync(() => seen.push(value)))
      )
      assert.instanceOf(failed, TransformFailed)
      assert.deepInclude(failed, { transform: "ndjson", stream: "stdout", reason: "input" })
      assert.include(failed.message, "line 3 is not JSON")
      assert.deepStrictEqual(yield* strict.exit, { _tag: "Exited", code: 0 })
      const lenient = yield* client.spawn("printf", script, {
        transform: { name: "ndjson", options: { malformed: "skip" } }
      })
      assert.deepStrictEqual(yield* Stream.runCollect(lenient.results(Any)), [1, 2, 3])
    }).pipe(Effect.scoped)
  )

  it.effect("ndjson: a field is the value's own, whatever it is called", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const pick = ["constructor", "toString", "__proto__"]
      const cat = yield* puttingOut(client, [Buffer.from('{"a":1}\n[]\nnull\n{"__proto__":{"b":1}}\n')], {
        transform: { name: "ndjson", options: { pick } }
      })
      assert.strictEqual(yield* stdoutText(cat), '{}\n{}\n{}\n{"__proto__":{"b":1}}\n')
    }).pipe(Effect.scoped)
  )

  it.effect("stripAnsi: leaves the text that a terminal would show", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const shown =
        "plain \u001b[1;31mred\u001b[0m \u001b]8;;http://x\u001b\\link\u001b]8;;\u0007 \u001b(Bü\u001b7\u001b[?25l."
      const cat = yield* puttingOut(client, [Buffer.from(shown)], { transform: "stripAnsi" })
      assert.strictEqual(yield* stdoutText(cat), "plain red link ü.")
    }).pipe(Effect.scoped)
  )

  it.effect("gunzip: gives what was compressed, member after member, and says where it was no gzip", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const parts = [randomBytes(700_000), Buffer.alloc(9_000_000), Buffer.from("the end")]
      const cat = yield* puttingOut(
        client,
        parts.map((part) => gzipSync(part)),
        { transform: "gunzip" }
      )
      assert.isTrue(Buffer.concat(parts).equals(yield* bytesOf(cat.stdout)))
      for (const bad of [Buffer.from("not gzip at all"), gzipSync("cut off").subarray(0, 15)]) {
        const broken = yield* puttingOut(client, [bad], { transform: "gunzip" })
        const failed = yield* Effect.flip(bytesOf(broken.stdout))
        assert.deepInclude(failed, { _tag: "TransformFailed", reason: "input" })
      }
    }).pipe(Effect.scoped)
  )

  it.effect("digest: gives one value, the hash of everything, and nothing else crosses", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const head = yield* client.spawn("head", ["-c", "30000000", "/dev/zero"], { transform: "digest" })
      assert.deepStrictEqual(yield* Stream.runCollect(head.results(defineTransform("digest", Digest))), [
        {
          algorithm: "sha256",
          hex: createHash("sha256").update(Buffer.alloc(30_000_000)).digest("hex"),
          bytes: 30_000_000
        }
      ])
      yield* head.exit
      const { bytes } = yield* client.get(head.id)
      assert.strictEqual(bytes.stdout, 30_000_000)
      const none = yield* client.spawn("true", [], { transform: { name: "digest", options: { algorithm: "md5" } } })
      assert.include(yield* stdoutText(none), "d41d8cd98f00b204e9800998ecf8427e")
    }).pipe(Effect.scoped)
  )

  it.effect("a module of the host's own keeps its state from step to step, whichever thread does it", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const lines = Array.from({ length: 20_000 }, (_, id) => `{"kind":"k${id % 3}"}\n`)
      const cat = yield* puttingOut(client, lines.map((line) => Buffer.from(line)).slice(0, 300), {
        transform: { name: "tally", options: { field: "kind" } }
      })
      const many = yield* puttingOut(client, [Buffer.from(lines.join(""))], { transform: "tally" })
      const Counts = defineTransform("tally", Schema.Record(Schema.String, Schema.Int))
      assert.deepStrictEqual(yield* Stream.runCollect(cat.results(Counts)), [{ k0: 100, k1: 100, k2: 100 }])
      assert.deepStrictEqual(yield* Stream.runCollect(many.results(Counts)), [{ k0: 6667, k1: 6667, k2: 6666 }])
    }).pipe(Effect.scoped)
  )

  it.effect("is asked for by stream, and those without one are as they are", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const both = yield* client.spawn("sh", ["-c", "echo a; echo b >&2; echo '{\"c\":1}' >&2"], {
        transform: { stderr: { name: "lines", options: { includes: ["c"] } } }
      })
      assert.strictEqual(yield* stdoutText(both), "a\n")
      assert.deepStrictEqual(yield* Stream.runCollect(both.results(Any, "stderr")), [{ c: 1 }])
      const { stdout, stderr } = yield* client.run("sh", ["-c", "echo a; printf '\\033[1mb' >&2"], {
        transform: { stderr: "stripAnsi" }
      })
      assert.deepStrictEqual([stdout, stderr], ["a\n", "b"])
    }).pipe(Effect.scoped)
  )

  it.effect("gives the results of a transform to a loop", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint({
        subject: "promise",
        commands: [{ command: "seq", args: true }],
        transforms: all
      })
      const port = yield* broker.openPort()
      const Numbers = defineTransform("ndjson", Schema.Int)
      const seen = yield* Effect.promise(async () => {
        const client = await connectPromise(port, token)
        const seq = await client.spawn("seq", { args: ["1", "3"], transform: "ndjson" })
        const numbers: Array<number> = []
        for await (const number of seq.results(Numbers)) numbers.push(number)
        await client.close()
        return numbers
      })
      assert.deepStrictEqual(seen, [1, 2, 3])
    }).pipe(Effect.scoped)
  )

  it.effect("gives what there is while its process goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const cat = yield* client.spawn("cat", [], { transform: "ndjson" })
      yield* cat.write("1\n2")
      const first = yield* Stream.runCollect(Stream.take(cat.results(Any), 1))
      assert.deepStrictEqual(first, [1])
      yield* cat.write("\n")
      yield* cat.closeStdin
      assert.deepStrictEqual(yield* Stream.runCollect(cat.results(Any)), [2])
    }).pipe(Effect.scoped)
  )

  it.effect("ends with its process, though a grandchild holds the pipe", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const parent = yield* client.spawn("sh", ["-c", "sleep 600 & echo '{\"a\":1}'"], { transform: "ndjson" })
      assert.deepStrictEqual(yield* Stream.runCollect(parent.results(Any)), [{ a: 1 }])
    }).pipe(Effect.scoped)
  )

  for (const [name, line, reason] of [
    ["throws", "third", "threw"],
    ["hangs", "hang", "hung"],
    ["bloats", "bloat by objects", "bloated"],
    ["bloats", "bloat by numbers", "bloated"],
    ["bloats", "bloat by lists", "bloated"]
  ] as const) {
    it.effect(
      `that ${name} (${line}) is ended alone: its process says so and goes on, and so do the others of the pool`,
      () =>
        Effect.gen(function* () {
          const client = yield* connect({ transforms: all })
          const Sane = defineTransform("tally", Schema.Unknown)
          const neighbour = yield* client.spawn("cat", [], { transform: "tally" })
          const digest = yield* client.spawn("cat", [], { transform: "digest" })
          yield* neighbour.write('{"kind":"a"}\n{"kind":"tell"}\n')
          yield* digest.write("x")
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(neighbour.results(Sane), 1)), [{ soFar: 2 }])

          const bad = yield* client.spawn("cat", [], { transform: name })
          yield* bad.write(`first\nsecond\n${line}\n`)
          const failed = yield* Effect.flip(Stream.runDrain(bad.stdout))
          assert.deepInclude(failed, { _tag: "TransformFailed", transform: name, reason })
          // What it still puts out is thrown away, so that it need not wait for anybody.
          yield* bad.write(Buffer.alloc(4_000_000))
          assert.isTrue((yield* bad.status).running)
          yield* bad.closeStdin
          assert.deepStrictEqual(yield* bad.exit, { _tag: "Exited", code: 0 })

          yield* neighbour.write('{"kind":"a"}\n')
          yield* Effect.all([neighbour.closeStdin, digest.closeStdin])
          assert.deepStrictEqual(yield* Stream.runCollect(neighbour.results(Sane)), [{ a: 2, tell: 1 }])
          assert.include(yield* stdoutText(digest), createHash("sha256").update("x").digest("hex"))
        }).pipe(Effect.scoped),
      60_000
    )
  }

  it.effect("that fails ends its process where that is asked for", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const bad = yield* client.spawn("cat", [], { transform: { name: "ndjson", onFailure: "end" } })
      yield* bad.write("no JSON\n")
      assert.deepStrictEqual(yield* bad.exit, { _tag: "Signaled", signal: "SIGTERM" })
    }).pipe(Effect.scoped)
  )

  for (const [how, reason, problem] of [
    ["answer", "bloated", "one step of it has made more than"],
    ["keep", "bloated", "it keeps a state of more than"],
    ["function", "threw", "could not be cloned"],
    ["undefined", "threw", "neither bytes nor JSON"],
    ["nothing", "threw", "null"]
  ] as const) {
    it.effect(`of the host's own that misbehaves (${how}) fails, and says why`, () =>
      Effect.gen(function* () {
        const client = yield* connect({ transforms: all })
        const bad = yield* client.spawn("cat", [], { transform: { name: "misbehaves", options: { how } } })
        yield* bad.write("line\n")
        const failed = yield* Effect.flip(Stream.runDrain(bad.stdout))
        assert.deepInclude(failed, { _tag: "TransformFailed", reason })
        assert.include(failed.message, problem)
      }).pipe(Effect.scoped)
    )
  }

  it.effect("whose module is none says so, and not where it would be", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      for (const [name, problem] of [
        ["none", "no default export"],
        ["missing", "cannot be loaded"]
      ] as const) {
        const bad = yield* client.spawn("printf", ["x"], { transform: name })
        const failed = yield* Effect.flip(Stream.runDrain(bad.stdout))
        assert.include(failed.message, problem)
        assert.notInclude(failed.message, "/")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("gives a result that does not fit the schema as an error, after those before it", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const Sizes = defineTransform("ndjson", Schema.Struct({ size: Schema.Int }))
      const cat = yield* client.spawn("printf", ['{"size":1}\\n{"size":"2"}\\n{"size":3}\\n'], { transform: "ndjson" })
      const seen: Array<unknown> = []
      const failed = yield* Effect.flip(
        Stream.runForEach(cat.results(Sizes), (value) => Effect.sync(() => seen.push(value)))
      )
      assert.strictEqual(failed._tag, "InvalidArgument")
      assert.include(failed.message, "size")
      assert.deepStrictEqual(seen, [{ size: 1 }])
      const raw = yield* client.spawn("printf", ["no JSON"])
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(raw.results(Sizes))))._tag, "InvalidArgument")
    }).pipe(Effect.scoped)
  )

  for (const name of ["nothing", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
    it.effect(`that the host does not have (${name}) is refused, also where a policy names it`, () =>
      Effect.gen(function* () {
        const client = yield* connect({ transforms: [...all, name] })
        const refused = yield* Effect.flip(client.spawn("true", [], { transform: name }))
        assert.strictEqual(refused._tag, "InvalidArgument")
        assert.include(refused.message, name)
      }).pipe(Effect.scoped)
    )
  }

  it.effect(
    "that its policy does not name is refused, by every link of the chain, and the refusal names the rule",
    () =>
      Effect.gen(function* () {
        const none = yield* connect()
        const refused = yield* Effect.flip(none.spawn("true", [], { transform: "ndjson" }))
        assert.deepInclude(refused, { _tag: "PermissionDenied", rule: "transforms" })
        const explained = yield* none.explain("true", [], { transform: { stderr: "digest" } })
        assert.strictEqual(explained._tag, "Denied")
        const some = yield* connect({ transforms: ["digest"] })
        assert.strictEqual((yield* some.explain("true", [], { transform: "digest" }))._tag, "Allowed")
        const broker = yield* Broker
        const policy = { subject: "wider", commands: [{ command: "true" }], transforms: all }
        const derived = yield* Client.connect(yield* broker.openPort(), yield* some.attenuate(policy))
        const refusedByParent = yield* Effect.flip(derived.spawn("true", [], { cwd: "/", transform: "ndjson" }))
        assert.deepInclude(refusedByParent, { _tag: "PermissionDenied", subject: "conformance" })
      }).pipe(Effect.scoped)
  )

  for (const [what, transform] of [
    ["an unknown option", { name: "ndjson", options: { pik: ["a"] } }],
    ["an option of another kind", { name: "ndjson", options: { pick: "a" } }],
    ["an algorithm that is none", { name: "digest", options: { algorithm: "crc" } }],
    ["too many texts", { name: "lines", options: { includes: Array.from({ length: 100 }, () => "x") } }],
    ["options that are too long", { name: "tally", options: { field: "x".repeat(20_000) } }],
    ["a name that is none", { name: "../ndjson" }],
    ["a failure that is none", { name: "ndjson", onFailure: "explode" }],
    ["a stream that is none", { stdin: "ndjson" }]
  ] as const) {
    it.effect(`with ${what} is refused`, () =>
      Effect.gen(function* () {
        const client = yield* connect({ transforms: all })
        const refused = yield* Effect.flip(client.spawn("true", [], { transform: transform as never }))
        assert.strictEqual(refused._tag, "InvalidArgument")
      }).pipe(Effect.scoped)
    )
  }

  it.effect("of a stream that is not piped is refused", () =>
    Effect.gen(function* () {
      const client = yield* connect({ transforms: all })
      const refused = yield* Effect.flip(client.spawn("true", [], { stdout: "ignore", transform: "ndjson" }))
      assert.strictEqual(refused._tag, "InvalidArgument")
    }).pipe(Effect.scoped)
  )
})

layer(brokerLayer, { excludeTestServices: true })("the pool", (it) => {
  it.effect("has no thread before one is needed, and none once all have been idle", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* connect({ transforms: all })
      yield* client.run("true")
      assert.deepStrictEqual((yield* broker.stats).pool, { threads: 0, streams: 0, waiting: 0 })
      const cat = yield* client.spawn("cat", [], { transform: "ndjson" })
      const other = yield* client.spawn("cat", [], { transform: "tally" })
      yield* cat.write("1\n")
      yield* other.write('{"kind":"tell"}\n')
      yield* Stream.runDrain(Stream.take(cat.stdout, 1))
      yield* Stream.runDrain(Stream.take(other.stdout, 1))
      assert.strictEqual((yield* broker.stats).pool.streams, 2)
      assert.isAtLeast((yield* broker.stats).pool.threads, 1)
      yield* Effect.all([cat.closeStdin, other.closeStdin, cat.exit, other.exit])
      yield* Effect.all([Stream.runDrain(cat.stdout), Stream.runDrain(other.stdout)])
      yield* eventually("idle threads end", broker.stats, ({ pool: { threads, streams } }) => threads + streams === 0)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "serves a hundred processes at once on two threads, built in and own, none of which ends before all have begun",
    () =>
      Effect.gen(function* () {
        const broker = yield* Broker
        const client = yield* connect({ transforms: all })
        const cats = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, index) => index),
          (index) => client.spawn("cat", [], { transform: ["ndjson", "tally", "digest", "opposite"][index % 4]! }),
          { concurrency: 10 }
        )
        const ndjson = cats.filter((_, index) => index % 4 === 0)
        for (const cat of cats) yield* cat.write('{"kind":"tell"}\n')
        for (const cat of ndjson) {
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(cat.results(Any), 1)), [{ kind: "tell" }])
        }
        assert.strictEqual((yield* broker.stats).pool.streams, 100)
        assert.isAtMost((yield* broker.stats).pool.threads, 2)
        yield* Effect.forEach(cats, (cat) => cat.closeStdin, { discard: true })
        const texts = yield* Effect.forEach(cats, (cat) => bytesOf(cat.stdout), { concurrency: "unbounded" })
        const opposite = Buffer.from('{"kind":"tell"}\n').map((byte) => 255 - byte)
        for (const [index, bytes] of texts.entries()) {
          if (index % 4 === 1) assert.strictEqual(String(bytes), '{"soFar":1}\n{"tell":1}\n')
          if (index % 4 === 2) assert.include(String(bytes), '"bytes":16')
          if (index % 4 === 3) assert.isTrue(bytes.equals(opposite))
        }
      }).pipe(Effect.scoped),
    120_000
  )

  it.effect(
    "makes no more than a slow reader takes: the process waits, and memory stays",
    () =>
      Effect.gen(function* () {
        const client = yield* connect({ transforms: all })
        for (const [transform, command, args] of [
          ["opposite", "head", ["-c", "2000000000", "/dev/zero"]],
          ["lines", "yes", []]
        ] as const) {
          const before = residentBytes()
          const flood = yield* client.spawn(command, args, { transform })
          yield* Stream.runDrain(Stream.take(flood.stdout, 1))
          let last = -1
          const stood = client.get(flood.id).pipe(
            Effect.delay("300 millis"),
            Effect.map(({ bytes }) => {
              const stands = bytes.stdout === last
              last = bytes.stdout
              return stands
            })
          )
          yield* eventually("the process waits", stood, (stands) => stands)
          assert.isBelow(last, 32 * 1024 * 1024)
          assert.isBelow(residentBytes() - before, 200 * 1024 * 1024)
          yield* flood.kill()
        }
      }).pipe(Effect.scoped),
    60_000
  )

  it.effect(
    "a bomb of gzip comes out no faster than it is taken",
    () =>
      Effect.gen(function* () {
        const client = yield* connect({ transforms: all })
        const directory = yield* temporaryDirectory
        const bomb = join(directory, "bomb.gz")
        writeFileSync(bomb, gzipSync(Buffer.alloc(300_000_000), { level: 1 }))
        const before = residentBytes()
        const cat = yield* client.spawn("cat", [bomb], { transform: "gunzip", chunks: "borrowed" })
        let most = 0
        const count = yield* Stream.runFold(
          cat.stdout,
          () => 0,
          (sum, chunk) => {
            most = Math.max(most, residentBytes())
            return sum + chunk.byteLength
          }
        )
        assert.strictEqual(count, 300_000_000)
        assert.isBelow(most - before, 150 * 1024 * 1024)
      }).pipe(Effect.scoped),
    60_000
  )

  it.effect(
    "is free again when a client has gone, whatever its streams were about to do",
    () =>
      Effect.gen(function* () {
        const broker = yield* Broker
        yield* Effect.gen(function* () {
          const client = yield* connect({ transforms: all })
          for (const transform of ["ndjson", "opposite", "gunzip", "hangs"]) {
            const cat = yield* client.spawn("cat", [], { transform })
            yield* cat.write("hang\n")
          }
        }).pipe(Effect.scoped)
        yield* eventually(
          "its streams are gone",
          broker.stats,
          ({ pool: { threads, streams } }) => threads + streams === 0
        )
      }),
    60_000
  )
})

describe("options of transforms", () => {
  for (const [what, options, problem] of [
    ["too few threads", { pool: { threads: 1 } }, /pool\.threads/],
    ["too little memory", { pool: { memoryMb: 1 } }, /pool\.memoryMb/],
    ["a name that is none", { transforms: { "a b": { module: "/x" } } }, /a b/],
    ["a module that is no file", { transforms: { a: { module: new URL("http://x/y.js") } } }, /must be of a file/]
  ] as const) {
    plain.effect(`with ${what} no broker starts, and the error says so`, () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(Broker.start(options))
        assert.match(failed.message, problem)
      }).pipe(Effect.scoped)
    )
  }
})
