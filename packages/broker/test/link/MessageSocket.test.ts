import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { MessageSocket } from "../../src/link/MessageSocket.ts"

/** Two ends of one UNIX socket. */
const socketPair = Effect.acquireRelease(
  Effect.promise(async () => {
    const directory = await mkdtemp(join(tmpdir(), "message-socket-"))
    const server = createServer().listen(join(directory, "s"))
    await once(server, "listening")
    const accepted = once(server, "connection")
    const near = connect(join(directory, "s"))
    const [far] = (await accepted) as [Socket]
    return { near, far, server, directory }
  }),
  ({ near, far, server, directory }) =>
    Effect.promise(async () => {
      near.destroy()
      far.destroy()
      server.close()
      await rm(directory, { recursive: true, force: true })
    })
)

/** What arrives at an end, and its close. */
const listen = (socket: Socket) => {
  const received: Array<unknown> = []
  let changed = (): void => {}
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const messages = new MessageSocket<unknown, unknown>(
    socket,
    (message) => {
      received.push(message)
      changed()
    },
    resolve
  )
  const until = (count: number) =>
    new Promise<void>((done) => {
      changed = () => received.length >= count && done()
      changed()
    })
  return { messages, received, closed, until }
}

const frame = (body: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(body as string)
  const header = Buffer.alloc(4)
  header.writeUInt32BE(bytes.byteLength)
  return Buffer.concat([header, bytes])
}

/** Writes, and waits until it has left as a chunk of its own. */
const writeAlone = (socket: Socket, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve) => socket.write(chunk, () => setImmediate(resolve)))

const Json = Schema.Json
const broken: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
  ["what is no JSON", frame("{")],
  ["an empty batch", frame("")],
  ["a batch that is no list", frame('{"_tag":"Signal"}')],
  ["null", frame("null")],
  ["bytes that are no text", frame(Uint8Array.of(0xff, 0xfe, 0x00))],
  ["a length beyond the limit", Buffer.of(0xff, 0xff, 0xff, 0xff)],
  ["a length beyond the limit, and much behind it", Buffer.alloc(100_000, 0xff)]
]

describe("a message socket", () => {
  it.effect("delivers messages in order, whole, in both directions", () =>
    Effect.gen(function* () {
      const { near, far } = yield* socketPair
      const [one, two] = [listen(near), listen(far)]
      const sent = Array.from({ length: 5000 }, (_, at) => ({ at, text: "x".repeat(at % 50) }))
      for (const message of sent) {
        one.messages.send(message)
        two.messages.send(message)
      }
      yield* Effect.promise(() => Promise.all([one.until(5000), two.until(5000)]))
      assert.deepStrictEqual(two.received, sent)
      assert.deepStrictEqual(one.received, sent)
    })
  )

  it.effect("delivers a message of many megabytes, and the small one behind it", () =>
    Effect.gen(function* () {
      const { near, far } = yield* socketPair
      const { messages } = listen(near)
      const { received, until } = listen(far)
      const large = "\u0001é😀\ud800".repeat(500_000)
      messages.send([large])
      messages.send("small")
      yield* Effect.promise(() => until(2))
      assert.isTrue(JSON.stringify(received) === JSON.stringify([[large], "small"]))
    })
  )

  it.effect("delivers a burst that is larger than any batch may be", () =>
    Effect.gen(function* () {
      const { near, far } = yield* socketPair
      const { messages } = listen(near)
      const { received, until } = listen(far)
      const large = "x".repeat(5_000_000)
      for (let count = 0; count < 20; count++) messages.send(large)
      yield* Effect.promise(() => until(20))
      assert.isTrue(received.every((message) => message === large))
    })
  )

  it.effect.prop(
    "reads the same from a stream of bytes, wherever it is cut",
    [Schema.Array(Schema.Array(Json)), Schema.Array(Schema.Natural)],
    ([batches, cuts]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { near, far } = yield* socketPair
          const { received, until } = listen(far)
          const bytes = Buffer.concat(batches.map((batch) => frame(JSON.stringify(batch))))
          const places = [
            0,
            ...cuts.map((cut) => cut % (bytes.byteLength + 1)).toSorted((a, b) => a - b),
            bytes.byteLength
          ]
          const expected = JSON.parse(JSON.stringify(batches.flat()))
          for (const [index, place] of places.slice(1).entries()) {
            const chunk = bytes.subarray(places[index], place)
            if (chunk.byteLength > 0) yield* Effect.promise(() => writeAlone(near, chunk))
          }
          yield* Effect.promise(() => until(expected.length))
          assert.deepStrictEqual(received, expected)
        })
      ),
    { arbitrary: { runs: 60 } }
  )

  it.effect("reads a stream that comes byte by byte", () =>
    Effect.gen(function* () {
      const { near, far } = yield* socketPair
      const { received, until } = listen(far)
      for (const byte of Buffer.concat([frame('["é",1]'), frame("[]"), frame("[{}]")])) {
        yield* Effect.promise(() => writeAlone(near, Uint8Array.of(byte)))
      }
      yield* Effect.promise(() => until(3))
      assert.deepStrictEqual(received, ["é", 1, {}])
    })
  )

  for (const [what, bytes] of broken) {
    it.effect(`is closed by ${what}`, () =>
      Effect.gen(function* () {
        const { near, far } = yield* socketPair
        const { received, closed, until } = listen(far)
        near.on("error", () => {})
        near.write(frame('["before"]'))
        near.write(bytes)
        yield* Effect.promise(() => until(1))
        near.write(frame('["after"]'))
        yield* Effect.promise(() => closed)
        assert.deepStrictEqual(received, ["before"])
      })
    )
  }

  it.effect("tells when the other end has gone, also in the middle of a batch", () =>
    Effect.gen(function* () {
      const { near, far } = yield* socketPair
      const { received, closed } = listen(far)
      yield* Effect.promise(() => writeAlone(near, frame('["whole"]').subarray(0, 7)))
      near.destroy()
      yield* Effect.promise(() => closed)
      assert.deepStrictEqual(received, [])
    })
  )

  it.effect("may be sent to after it was closed", () =>
    Effect.gen(function* () {
      const { near } = yield* socketPair
      const { messages, closed } = listen(near)
      messages.send("lost")
      messages.close()
      yield* Effect.promise(() => closed)
      messages.send("lost too")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    })
  )
})
