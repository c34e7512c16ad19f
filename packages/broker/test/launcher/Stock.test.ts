import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Stock } from "../../src/launcher/Stock.ts"
import { HANDSHAKE_BYTES, NONCE_BYTES } from "../../src/link/launcher-messages.ts"

const nonce = randomBytes(NONCE_BYTES)

const openStock = Effect.acquireRelease(
  Effect.promise(async () => {
    const directory = await mkdtemp(join(tmpdir(), "stock-"))
    const path = join(directory, "s")
    const { promise: listening, resolve } = Promise.withResolvers<void>()
    const stock = new Stock(path, nonce, resolve)
    await listening
    return { stock, path, directory }
  }),
  ({ stock, directory }) =>
    Effect.promise(async () => {
      stock.close()
      await rm(directory, { recursive: true, force: true })
    })
)

const handshake = (number: number, secret: Buffer = nonce): Buffer => {
  const bytes = Buffer.alloc(HANDSHAKE_BYTES)
  secret.copy(bytes)
  bytes.writeUInt32BE(number, NONCE_BYTES)
  return bytes
}

/** A connection that sends bytes. It is gone with the test. */
const sending = (path: string, bytes: Uint8Array) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const socket = connect({ path, allowHalfOpen: true })
      socket.on("error", () => {})
      socket.resume()
      await once(socket, "connect")
      socket.write(bytes)
      return socket
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const take = (stock: Stock, number: number) =>
  Effect.acquireRelease(
    Effect.promise(() => stock.take(number)),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** The other end has closed it. */
const endOf = (socket: Socket) =>
  Effect.promise(() =>
    socket.readableEnded || socket.closed ? Promise.resolve() : once(socket, "end").then(() => undefined)
  )

describe("the stock of the launcher", () => {
  it.effect("gives out the socket of a number, whether it came before or after it was asked for", () =>
    Effect.gen(function* () {
      const { stock, path } = yield* openStock
      const early = stock.take(1)
      yield* sending(path, handshake(1))
      assert.isDefined(yield* Effect.promise(() => early))
      yield* sending(path, handshake(2))
      assert.isDefined(yield* take(stock, 2))
    })
  )

  it.effect("reads a handshake that comes in pieces", () =>
    Effect.gen(function* () {
      const { stock, path } = yield* openStock
      const bytes = handshake(7)
      const socket = yield* sending(path, bytes.subarray(0, 5))
      socket.write(bytes.subarray(5, 18))
      socket.write(bytes.subarray(18))
      assert.isDefined(yield* take(stock, 7))
    })
  )

  it.effect("refuses a connection with another nonce, and gives its number to the one with the right one", () =>
    Effect.gen(function* () {
      const { stock, path } = yield* openStock
      const intruder = yield* sending(path, handshake(1, randomBytes(NONCE_BYTES)))
      yield* endOf(intruder)
      yield* sending(path, handshake(1))
      assert.isDefined(yield* take(stock, 1))
    })
  )

  for (const length of [0, 1, NONCE_BYTES - 1, NONCE_BYTES, HANDSHAKE_BYTES - 1]) {
    it.effect(`outlives a connection that ends after ${length} bytes`, () =>
      Effect.gen(function* () {
        const { stock, path } = yield* openStock
        const intruder = yield* sending(path, handshake(1).subarray(0, length))
        intruder.end()
        yield* sending(path, handshake(2))
        assert.isDefined(yield* take(stock, 2))
        if (length > 0) yield* endOf(intruder)
      })
    )
  }

  it.effect("outlives connections that break off", () =>
    Effect.gen(function* () {
      const { stock, path } = yield* openStock
      for (let count = 0; count < 50; count++)
        (yield* sending(path, handshake(count).subarray(0, count % HANDSHAKE_BYTES))).destroy()
      yield* sending(path, handshake(99))
      assert.isDefined(yield* take(stock, 99))
    })
  )
})
