import { assert } from "@effect/vitest"
import type { ProcessError, ProcessMessages } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { connect, fixture, node, stdoutText, type TestClient } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Runs a fixture that knows of a channel; any JSON both ways. */
const spawnWithChannel = (client: TestClient, name: string, args: ReadonlyArray<string> = []) =>
  client.spawn(node, [fixture(name), ...args], { ipc: true })

const take = <A>(process: ProcessMessages<A, any>, count: number): Effect.Effect<ReadonlyArray<A>, ProcessError> =>
  Stream.runCollect(Stream.take(process.messages, count))

const Counted = Schema.Struct({ number: Schema.Int, text: Schema.String })

export const messages = (it: SuiteIt): void => {
  it.effect("go both ways, and are what they were", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-echo.js")
      const sent: ReadonlyArray<Schema.Json> = [
        "text",
        "line\nend \u2028 €😀 \u0000",
        "",
        0,
        -1.5,
        true,
        null,
        [1, [2]],
        { a: { b: ["c"] }, cmd: "NODE" }
      ]
      for (const message of sent) yield* process.send(message)
      assert.deepStrictEqual(yield* take(process, sent.length), sent)
      yield* process.disconnect
      assert.deepStrictEqual(yield* Stream.runCollect(process.messages), [])
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("10,000 come in order, each once", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn(node, [fixture("ipc-count.js"), "10000"], { ipc: { incoming: Counted } })
      const numbers = yield* Stream.runCollect(Stream.map(process.messages, ({ number }) => number))
      assert.deepStrictEqual(
        numbers,
        Array.from({ length: 10_000 }, (_, number) => number)
      )
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("1,000 are answered in order while they are being sent", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-echo.js")
      const numbers = Array.from({ length: 1000 }, (_, number) => number)
      const sending = Effect.forEach(numbers, (number) => process.send(number), { discard: true })
      const [, answers] = yield* Effect.all([sending, take(process, numbers.length)], { concurrency: "unbounded" })
      assert.deepStrictEqual(answers, numbers)
    })
  )

  it.effect("one of 5 MB goes both ways", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-echo.js")
      const text = "0123456789abcde€".repeat(5_000_000 / 18)
      yield* process.send({ text })
      const [answer] = yield* take(process, 1)
      assert.isTrue((answer as { readonly text: string }).text === text)
    })
  )

  it.effect("with characters of several bytes are whole, wherever the chunks are cut", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // Longer than a read, so that the cuts fall anywhere.
      const args = [fixture("ipc-count.js"), "40", "33333"]
      const process = yield* client.spawn(node, args, { ipc: { incoming: Counted } })
      const texts = yield* Stream.runCollect(Stream.map(process.messages, ({ text }) => text))
      assert.deepStrictEqual([texts.length, new Set(texts).size], [40, 1])
      assert.isTrue(texts[0] === "€".repeat(33_333))
    })
  )

  it.effect("end when the child disconnects, which runs on; sending fails then", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-disconnect.js")
      assert.deepStrictEqual(yield* Stream.runCollect(process.messages), ["last"])
      const error = yield* Effect.flip(process.send("late"))
      assert.deepInclude(error, { _tag: "Io", stream: "messages", errno: "EPIPE" })
      assert.isTrue((yield* process.status).running)
      yield* process.closeStdin
      assert.strictEqual(yield* stdoutText(process), "connected: false\n")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect(
    "end when the client disconnects, after what it has sent, and a child that waits for nothing else ends",
    () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const process = yield* spawnWithChannel(client, "ipc-listen.js")
        assert.deepStrictEqual(yield* take(process, 1), ["ready"])
        yield* process.send({ last: true })
        yield* process.disconnect
        yield* process.disconnect
        assert.strictEqual((yield* Effect.flip(process.send("late")))._tag, "InvalidArgument")
        assert.strictEqual(yield* stdoutText(process), '{"last":true}\ndisconnect\n')
        assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      })
  )

  it.effect("tell the child that they have left", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-callback.js")
      assert.strictEqual(yield* stdoutText(process), "sent\n")
    })
  )

  it.effect("that the child has sent before its exit are there afterwards", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-count.js", ["300", "100"])
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      assert.strictEqual((yield* Stream.runCollect(process.messages)).length, 300)
      assert.strictEqual((yield* Effect.flip(process.send("late")))._tag, "Io")
    })
  )

  it.effect("that nobody reads hold the child back, and none is lost", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const options = { ipc: { incoming: Counted }, windowBytes: 65_536, unread: "block" } as const
      const process = yield* client.spawn(node, [fixture("ipc-count.js"), "2000", "1000"], options)
      const exit = yield* Effect.forkChild(process.exit, { startImmediately: true })
      const first = yield* Stream.runCollect(Stream.take(process.messages, 1))
      assert.deepStrictEqual(
        first.map(({ number }) => number),
        [0]
      )
      assert.isUndefined(exit.pollUnsafe())
      const rest = yield* Stream.runCollect(process.messages)
      assert.deepStrictEqual([rest[0]?.number, rest.at(-1)?.number, rest.length], [1, 1999, 1999])
      assert.deepStrictEqual(yield* Fiber.join(exit), { _tag: "Exited", code: 0 })
    })
  )

  it.effect("that nobody reads do not keep exit waiting; those that are left are whole, and the last ones", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const options = { ipc: { incoming: Counted }, windowBytes: 65_536 }
      const process = yield* client.spawn(node, [fixture("ipc-count.js"), "2000", "1000"], options)
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      const left = yield* Stream.runCollect(process.messages)
      assert.isAbove(left.length, 0)
      assert.isBelow(left.length, 2000)
      assert.deepStrictEqual(
        left.map(({ number }) => number),
        Array.from({ length: left.length }, (_, index) => 2000 - left.length + index)
      )
    })
  )

  it.effect("are taken one by one: whoever stops after one leaves the rest", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-echo.js")
      for (const message of ["one", "two", "three"]) yield* process.send(message)
      const taken = yield* Effect.forEach([1, 1, 1], (count) => take(process, count))
      assert.deepStrictEqual(taken.flat(), ["one", "two", "three"])
    })
  )

  it.effect("have one reader at a time", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-echo.js")
      yield* Effect.forkChild(Stream.runDrain(process.messages), { startImmediately: true })
      const error = yield* Effect.flip(Stream.runDrain(process.messages))
      assert.deepInclude(error, { _tag: "InvalidArgument", argument: "messages" })
    })
  )

  it.effect("that do not fit the schema fail with the place and without the value, and the next reader goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const incoming = Schema.Struct({ user: Schema.Struct({ age: Schema.Int }) })
      const process = yield* client.spawn(node, [fixture("ipc-echo.js")], { ipc: { incoming } })
      for (const age of [1, "secret", 3]) yield* process.send({ user: { age } })
      const seen: Array<number> = []
      const read = Stream.runForEach(process.messages, ({ user }) => Effect.sync(() => seen.push(user.age)))
      const error = yield* Effect.flip(read)
      assert.deepInclude(error, { _tag: "InvalidArgument", argument: "message.user.age" })
      assert.notInclude(error.message, "secret")
      yield* process.disconnect
      yield* read
      assert.deepStrictEqual(seen, [1, 3])
    })
  )

  it.effect("are sent as the schema encodes them, and not at all where they do not fit", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const Dated = Schema.Struct({ at: Schema.DateTimeUtcFromString })
      const outgoing = Schema.Struct({ size: Schema.Int })
      const process = yield* client.spawn(node, [fixture("ipc-echo.js")], { ipc: { outgoing } })
      const error = yield* Effect.flip(process.send({ size: 1.5 }))
      assert.deepInclude(error, { _tag: "InvalidArgument", argument: "message.size" })
      yield* process.send({ size: 2 })
      assert.deepStrictEqual(yield* take(process, 1), [{ size: 2 }])

      const dated = yield* client.spawn(node, [fixture("ipc-echo.js")], { ipc: { incoming: Dated, outgoing: Dated } })
      const message = yield* Schema.decodeEffect(Dated)({ at: "2026-01-01T00:00:00.000Z" })
      yield* dated.send(message)
      assert.deepStrictEqual(yield* take(dated, 1), [message])
    }).pipe(Effect.orDie)
  )

  it.effect.each([undefined, () => {}, 1n, { cmd: "NODE_HANDLE_ACK" }])("that can be none are refused: %s", (message) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn(node, [fixture("ipc-echo.js")], { ipc: { outgoing: Schema.Any } })
      assert.deepInclude(yield* Effect.flip(process.send(message)), { _tag: "InvalidArgument", argument: "message" })
      yield* process.send("fine")
      assert.deepStrictEqual(yield* take(process, 1), ["fine"])
    })
  )

  it.effect.each([
    ["no JSON", "{secret}\n"],
    ["nothing", "\n"]
  ] as const)("that are none fail, and the next reader goes on: %s", ([, line]) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-raw.js", ["3", line])
      const error = yield* Effect.flip(Stream.runDrain(process.messages))
      assert.deepInclude(error, { _tag: "InvalidArgument", argument: "message" })
      assert.notInclude(error.message, "secret")
      assert.deepStrictEqual(yield* Stream.runCollect(process.messages), ["after"])
    })
  )

  it.effect("longer than 16 MiB fail, and the next reader goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `process.send("x".repeat(17 * 1024 * 1024)); process.send("after")`
      const process = yield* client.spawn(node, ["-e", script], { ipc: true })
      const error = yield* Effect.flip(Stream.runDrain(process.messages))
      assert.deepInclude(error, { _tag: "LimitExceeded", limit: "messageBytes", maximum: 16 * 1024 * 1024 })
      assert.deepStrictEqual(yield* Stream.runCollect(process.messages), ["after"])
    })
  )

  it.effect("of Node's own are not shown, and one with a handle is refused so that the child goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnWithChannel(client, "ipc-handle.js")
      // The warning is Node's own word for a socket that has not arrived.
      const seen = yield* take(process, 2)
      assert.sameMembers([...seen], ["SentHandleNotReceivedWarning", "with nothing"])
      const hidden = yield* spawnWithChannel(client, "ipc-raw.js", ["3", '{"cmd":"NODE_FOO"}\n'])
      assert.deepStrictEqual(yield* Stream.runCollect(hidden.messages), ["after"])
    })
  )

  it.effect("that are interrupted are not sent in part", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `process.stdin.once("data", () => process.on("message", (m) => process.send(m.length ?? m)))`
      const process = yield* client.spawn(node, ["-e", script], { ipc: true })
      const sending = yield* Effect.forkChild(process.send("x".repeat(4_000_000)), { startImmediately: true })
      assert.isUndefined(sending.pollUnsafe())
      yield* Fiber.interrupt(sending)
      yield* process.write("\n")
      yield* process.send({ next: 1 })
      assert.deepStrictEqual(yield* take(process, 2), [4_000_000, { next: 1 }])
    })
  )

  it.effect("travel beside other descriptors", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const script = `
        require("node:fs").writeSync(3, "three")
        process.send({ channel: process.channel !== undefined, names: Object.keys(process.env) })`
      const options = { ipc: true, additionalFds: { 3: "output", 5: "input" } } as const
      const process = yield* client.spawn(node, ["-e", script], options)
      const [message] = yield* Stream.runCollect(process.messages)
      assert.strictEqual(yield* process.getOutputFd(3).pipe(Stream.decodeText, Stream.mkString), "three")
      const { channel, names } = message as { readonly channel: boolean; readonly names: ReadonlyArray<string> }
      assert.isTrue(channel)
      // Node takes them for itself, so that its own children do not have them.
      assert.notInclude(names.join(), "NODE_CHANNEL")
    })
  )

  it.effect("have a channel that nobody but the broker can name", () =>
    Effect.gen(function* () {
      const names = ["NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"]
      const wild = yield* connect({ env: { set: ["*", "NODE_*"] } })
      for (const name of names) {
        const error = yield* Effect.flip(wild.run("env", [], { env: { [name]: "0" } }))
        assert.deepInclude(error, { _tag: "PermissionDenied", rule: "env.set" })
      }
      // Granted by name, it still does not come between a child and its channel.
      const env = { NODE_CHANNEL_FD: "1", NODE_CHANNEL_SERIALIZATION_MODE: "advanced" }
      for (const policy of [{ set: names }, { values: env }]) {
        const client = yield* connect({ env: policy })
        const options = { ipc: true, ...("set" in policy && { env }) } as const
        const process = yield* client.spawn(node, [fixture("ipc-callback.js")], options)
        assert.deepStrictEqual(yield* Stream.runCollect(process.messages), [{ some: "message" }])
      }
    })
  )

  it.effect("are not there without the option, and the error says so", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const plain = (yield* client.spawn("true")) as unknown as ProcessMessages<unknown, unknown>
      const attempts = [Stream.runDrain(plain.messages), plain.send(1), plain.disconnect]
      for (const attempt of attempts) {
        const error = yield* Effect.flip(attempt)
        assert.deepInclude(error, { _tag: "InvalidArgument", argument: "messages" })
        assert.include(error.message, "`ipc`")
      }
      for (const ipc of [false, "json", {}, { incoming: "string" }, { outcoming: Schema.Json }] as ReadonlyArray<any>) {
        const exit = yield* Effect.exit(Effect.scoped(client.spawn("true", [], { ipc })))
        assert.strictEqual(exit._tag, Object.keys(Object(ipc)).length === 0 && ipc !== false ? "Success" : "Failure")
      }
    })
  )
}
