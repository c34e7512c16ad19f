import { Broker } from "@spawnbroker/broker"
import { MAX_FRAME_BYTES, INPUT_CREDIT_BYTES } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assertSucceeds, bystanderIsServed, connectRaw, type Loose, type RawClient, specOf } from "./raw-client.ts"

const stdin = (channel: number, bytes: Uint8Array): Loose => ({ _tag: "Input", channel, fd: 0, bytes })
const credit = (channel: number, bytes: unknown, fd = 1): Loose => ({ _tag: "Credit", channel, fd, bytes })

/** Batches that hold something that is no frame. Channel 0 is a `cat`. */
const malformed: ReadonlyArray<readonly [name: string, batch: () => unknown]> = [
  ["null", () => null],
  ["undefined", () => undefined],
  ["text", () => "Input"],
  ["a frame without its batch", () => stdin(0, new Uint8Array(1))],
  ["what looks like a list", () => ({ 0: stdin(0, new Uint8Array(1)), length: 1 })],
  ["bytes alone", () => new Uint8Array(100)],
  ["a hole", () => Object.assign([], { length: 1 })],
  ["many holes", () => Object.assign([], { length: 2 ** 32 - 1 })],
  ["a hole behind a frame", () => Object.assign([credit(0, 1)], { length: 2 })],
  ["null as frame", () => [null]],
  ["undefined as frame", () => [undefined]],
  ["a list as frame", () => [[]]],
  ["a list with the fields of a frame", () => [Object.assign([], { _tag: "InputEnd", channel: 0, fd: 0 })]],
  ["an unknown tag", () => [{ _tag: "Data", channel: 0, fd: 1, offset: 0, bytes: new Uint8Array(1) }]],
  ["a tag of the prototype", () => [{ _tag: "constructor", channel: 0 }]],
  ["a negative credit", () => [credit(0, -1)]],
  ["a credit that is no number", () => [credit(0, NaN)]],
  ["an endless credit", () => [credit(0, Infinity)]],
  ["a fraction of a credit", () => [credit(0, 0.5)]],
  ["a credit beyond what can be counted", () => [credit(0, 2 ** 53)]],
  ["a credit that is text", () => [credit(0, "1")]],
  ["a credit that is a bigint", () => [credit(0, 1n)]],
  ["a credit for a descriptor below zero", () => [credit(0, 1, -1)]],
  ["a credit for a descriptor that no child has", () => [credit(0, 1, 64)]],
  ["a negative channel", () => [credit(-1, 1)]],
  ["a channel that is text", () => [{ _tag: "InputEnd", channel: "0", fd: 0 }]],
  ["a channel beyond 32 bits", () => [credit(2 ** 32, 1)]],
  ["a surplus field", () => [{ ...credit(0, 1), surplus: 1 }]],
  ["a field of the prototype", () => [JSON.parse('{"_tag":"Drain","channel":0,"__proto__":{"fd":1}}')]],
  ["a surplus field of the prototype", () => [JSON.parse('{"_tag":"InputEnd","channel":0,"fd":0,"__proto__":{}}')]],
  ["input that is text", () => [{ _tag: "Input", channel: 0, fd: 0, bytes: "text" }]],
  ["input that is a buffer", () => [{ _tag: "Input", channel: 0, fd: 0, bytes: new ArrayBuffer(1) }]],
  ["input that is a list", () => [{ _tag: "Input", channel: 0, fd: 0, bytes: [1, 2, 3] }]],
  ["input of wider numbers", () => [{ _tag: "Input", channel: 0, fd: 0, bytes: new Uint16Array(1) }]],
  ["input longer than a frame", () => [stdin(0, new Uint8Array(MAX_FRAME_BYTES + 1))]],
  ["input in shared memory", () => [stdin(0, new Uint8Array(new SharedArrayBuffer(1)))]],
  [
    "input in shared memory that grows",
    () => [stdin(0, new Uint8Array(new SharedArrayBuffer(1, { maxByteLength: 9 })))]
  ],
  [
    "input that drags a large buffer along",
    () => [stdin(0, new Uint8Array(new ArrayBuffer(MAX_FRAME_BYTES * 4), 0, 1))]
  ],
  ["more frames than a batch may have", () => Array.from({ length: 4097 }, () => credit(0, 0))],
  ["a good frame before a bad one", () => [stdin(0, Buffer.from("half of a batch")), null]]
]

const malformedOf = Effect.flatMap(Broker, (broker) => Effect.map(broker.stats, (stats) => stats.malformedMessages))

const startCat = (client: RawClient, channel = 0) =>
  Effect.promise(async () => assertSucceeds(await client.spawn(channel, specOf("cat", [], { cwd: "/" }))))

/** The `cat` of a channel gets the text, and gives it back, and nothing before it. */
const catIsWell = (client: RawClient, channel = 0) =>
  Effect.promise(async () => {
    client.data.postMessage([stdin(channel, Buffer.from("well")), { _tag: "InputEnd", channel, fd: 0 }])
    assert.deepStrictEqual(await client.exitOf(channel), { _tag: "Exited", code: 0 })
    assert.strictEqual(client.textOf(channel), "well")
  })

layer(Broker.layer(), { excludeTestServices: true })("data frames", (it) => {
  for (const [name, batch] of malformed) {
    it.effect(`${name} is refused, and the process goes on`, () =>
      Effect.gen(function* () {
        const { client } = yield* connectRaw()
        yield* startCat(client)
        const before = yield* malformedOf
        client.data.postMessage(batch())
        yield* catIsWell(client)
        assert.strictEqual(yield* malformedOf, before + 1)
      })
    )
  }

  it.effect("frames for channels that are not in use are ignored", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      yield* startCat(client)
      for (const channel of [1, 2, 99, 0xffff_ffff]) {
        client.data.postMessage([
          credit(channel, 1000),
          { _tag: "Drain", channel, fd: 2 },
          stdin(channel, new Uint8Array(10)),
          { _tag: "InputEnd", channel, fd: 0 }
        ])
      }
      yield* catIsWell(client)
      yield* bystanderIsServed
    })
  )

  it.effect("input beyond the credit closes the input, and harms nobody else", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"], { cwd: "/" }))))
      yield* startCat(client, 1)
      const chunk = new Uint8Array(INPUT_CREDIT_BYTES)
      client.data.postMessage([stdin(0, chunk), stdin(0, chunk), stdin(0, chunk)])
      yield* Effect.promise(() => client.frame((frame) => frame._tag === "InputClosed" && frame.channel === 0))
      yield* catIsWell(client, 1)
      yield* bystanderIsServed
    })
  )

  it.effect("empty input without end costs the broker no memory", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"], { cwd: "/" }))))
      yield* startCat(client, 1)
      const full = stdin(0, new Uint8Array(INPUT_CREDIT_BYTES))
      const empty = Array.from({ length: 4000 }, () => stdin(0, new Uint8Array(0)))
      client.data.postMessage([full])
      for (let batch = 0; batch < 20; batch++) client.data.postMessage(empty)
      yield* catIsWell(client, 1)
      yield* bystanderIsServed
    })
  )

  it.effect("however much credit a client claims at once, one that does not read holds its process up", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const windowBytes = 64 * 1024
      const claims = [credit(0, Number.MAX_SAFE_INTEGER)]
      // It says when it has written 64 MiB, which it can only if somebody takes them.
      const script = "head -c 67108864 /dev/zero; echo all of it was taken >&2"
      assertSucceeds(
        yield* Effect.promise(() => client.spawn(0, specOf("sh", ["-c", script], { windowBytes, cwd: "/" })))
      )
      client.data.postMessage(claims)
      yield* Effect.promise(() => client.frame((frame) => frame._tag === "Data"))
      const received = (): number =>
        client.frames
          .filter(({ _tag, fd }) => _tag === "Data" && fd === 1)
          .reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
      // Everything that has been sent is here before the answer of a call that comes after it.
      for (let look = 0; look < 50; look++) yield* Effect.promise(() => client.call("list"))
      yield* bystanderIsServed
      // What was sent unasked, and the window, each overdrawn by less than one read from the child.
      assert.isBelow(received(), 2 * windowBytes + 2 * 256 * 1024)
      assert.strictEqual(client.textOf(0, 2), "")
    })
  )

  it.effect("a drain, a credit and an end may come in any order and number", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      yield* startCat(client)
      const each = [1, 2].flatMap((fd) => [{ _tag: "Drain", channel: 0, fd }, credit(0, 0, fd), credit(0, 1000, fd)])
      for (let round = 0; round < 50; round++) client.data.postMessage([...each, ...each.toReversed()])
      client.data.postMessage([stdin(0, Buffer.from("well")), ...each])
      client.data.postMessage(Array.from({ length: 50 }, () => ({ _tag: "InputEnd", channel: 0, fd: 0 })))
      client.data.postMessage([stdin(0, Buffer.from("after the end"))])
      yield* Effect.promise(() => client.exitOf(0))
      assert.strictEqual(client.textOf(0), "well")
      client.data.postMessage([...each, stdin(0, Buffer.from("after the exit"))])
      yield* bystanderIsServed
    })
  )

  it.effect("a client that closes its data port alone loses its output, and nothing else breaks", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("yes", [], { cwd: "/" }))))
      client.data.close()
      yield* bystanderIsServed
      assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 })))
      yield* bystanderIsServed
    })
  )

  it.effect("a thousand malformed batches end the connection", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      yield* startCat(client)
      for (let batch = 0; batch < 1000; batch++) client.data.postMessage([null])
      yield* Effect.promise(() => client.closed)
      yield* bystanderIsServed
    })
  )
})
