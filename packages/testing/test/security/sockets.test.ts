/** What somebody who has reached the socket, but is no client of ours, can do to the broker behind it. */
import { assert, it, layer } from "@effect/vitest"
import { acceptSocket, Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { fromSocket } from "@spawnbroker/client/ports"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Socket } from "node:net"
import { once } from "node:events"
import { eventually, testPolicy } from "../../src/harness.ts"
import { connectUnixSocket, socketPair } from "../../src/sockets.ts"
import { living } from "../../src/leaks.ts"

const frame = (port: number, kind: number, body: Uint8Array, length = 5 + body.byteLength): Uint8Array => {
  const head = Buffer.alloc(9)
  head.writeUInt32BE(length, 0)
  head.writeUInt32BE(port, 4)
  head.writeUInt8(kind, 8)
  return Buffer.concat([head, body])
}

const message = (port: number, envelope: unknown): Uint8Array => {
  const json = Buffer.from(JSON.stringify(envelope))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.byteLength)
  return frame(port, 0, Buffer.concat([length, json]))
}

/** A stranger's end of a connection, and the broker's. */
const reach = Effect.gen(function* () {
  const broker = yield* Broker
  const { near, far } = yield* Effect.acquireRelease(Effect.promise(socketPair), ({ near: socket }) =>
    Effect.sync(() => socket.destroy())
  )
  yield* broker.attachPort(acceptSocket(far))
  return { broker, near, far }
})

const closed = (socket: Socket): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (!socket.closed) await once(socket, "close")
  })

const refused: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
  ["bytes that are no frame", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a frame that claims to be as long as a frame can", frame(0, 0, Buffer.alloc(0), 0xffff_ffff)],
  ["a frame that is too short to be one", frame(0, 0, Buffer.alloc(0), 1)],
  ["a frame of an unknown kind", frame(0, 7, Buffer.alloc(0))],
  ["a message that is no JSON", frame(0, 0, Buffer.from([0, 0, 0, 1, 0x7b]))],
  ["a message without an envelope", message(0, [1, 2])],
  ["a port that is there already", message(0, { data: null, ports: [0] })],
  ["a port of no number", message(0, { data: null, ports: ["1"] })],
  [
    "more ports than a session has",
    message(0, { data: null, ports: Array.from({ length: 20 }, (_, index) => index + 1) })
  ]
]

layer(Broker.layer(), { excludeTestServices: true, timeout: "60 seconds" })("a stranger at the socket", (suite) => {
  suite.effect.each(refused)("is cut off after %s", ([, bytes]) =>
    Effect.gen(function* () {
      const { broker, near } = yield* reach
      near.resume().on("error", () => {})
      near.write(bytes)
      yield* closed(near)
      yield* eventually("its session is gone", broker.stats, ({ sessions }) => sessions === 0)
    })
  )

  suite.effect("that has hung up before anybody serves it leaves no session behind", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { near, far } = yield* Effect.promise(socketPair)
      const port = acceptSocket(far)
      near.destroy()
      yield* closed(far)
      yield* broker.attachPort(port)
      yield* eventually("its session is gone", broker.stats, ({ sessions }) => sessions === 0)
    })
  )

  suite.effect("is not read any more while it does not read, however much it asks for", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { near, far } = yield* Effect.promise(socketPair)
      yield* broker.attachPort(acceptSocket(far))
      const client = yield* Client.connect(fromSocket(near), yield* broker.mint(testPolicy))
      yield* client.spawn("sleep", ["1000"])
      near.pause()
      const calls = yield* Effect.forEach(Array.from({ length: 10_000 }), () => Effect.forkChild(client.list()))
      const isPaused = Effect.sync(() => far.isPaused())
      yield* eventually("it is not read any more", isPaused, (paused) => paused)
      assert.isBelow(far.writableLength, 64 * 1024 * 1024)
      near.resume()
      const lists = yield* Effect.forEach(calls, Fiber.join)
      assert.isTrue(lists.every((list) => list.length === 1))
    })
  )

  suite.effect(
    "that has a token is given no more than its windows while it does not read, and its processes wait",
    () =>
      Effect.gen(function* () {
        const broker = yield* Broker
        const { near, far } = yield* Effect.promise(socketPair)
        yield* broker.attachPort(acceptSocket(far))
        const client = yield* Client.connect(fromSocket(near), yield* broker.mint(testPolicy))
        const yes = yield* client.spawn("yes", [], { unread: "block", windowBytes: 256 * 1024 })
        near.pause()
        const state = Effect.sync(() => ({ state: living(yes.pid)?.state, waiting: far.writableLength }))
        yield* eventually("it waits", state, ({ state: letter }) => letter === "S")
        assert.isBelow(far.writableLength, 4 * 1024 * 1024)
        near.resume()
        yield* yes.kill({ signal: "SIGKILL" })
      })
  )

  suite.effect("does not keep others from being served", () =>
    Effect.gen(function* () {
      const { broker, near } = yield* reach
      near.write(frame(0, 0, Buffer.alloc(0), 1024 * 1024))
      const client = yield* Client.connect(yield* connectUnixSocket(broker), yield* broker.mint(testPolicy))
      assert.strictEqual((yield* client.run("printf", ["served"])).stdout, "served")
    })
  )
})

it.live("a socket is closed with its session", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const { near, far } = yield* Effect.promise(socketPair)
    yield* broker.attachPort(acceptSocket(far))
    yield* Effect.scoped(Client.connect(fromSocket(near), yield* broker.mint(testPolicy)))
    yield* closed(near)
    yield* closed(far)
  }).pipe(Effect.scoped)
)
