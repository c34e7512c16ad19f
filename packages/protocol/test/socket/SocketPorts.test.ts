import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"
import { SocketPorts, type SocketSide } from "../../src/socket/SocketPorts.ts"

/** Two ends of a connection. */
const socketPair = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1")
  const [far] = (await once(server, "connection")) as [Socket]
  return {
    near,
    far,
    [Symbol.dispose]: () => {
      near.destroy()
      far.destroy()
      server.close()
    }
  }
}

const LENGTH = 256 * 1024
const counting = (): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: LENGTH }, (_, at) => at * 31 + (at >> 8))

/** Sends a message from a side to the other, and answers what has come. */
const pass = async (message: object, near: Socket, far: Socket, side: SocketSide) => {
  const from = new SocketPorts(near, side).first
  const to = new SocketPorts(far, side === "broker" ? "client" : "broker").first
  const arrived = new Promise<{ readonly data: unknown }>((resolve) => to.on("message", resolve))
  to.start()
  from.postMessage(message)
  return (await arrived).data
}

describe("a message over a socket", () => {
  it("of a broker gives up its memory once it has been sent, also where two parts share it, and arrives whole", async () => {
    using pair = await socketPair()
    const bytes = counting()
    const message = { first: bytes.subarray(0, 1000), second: bytes, small: new Uint8Array([1, 2, 3]) }
    const data = await pass(message, pair.near, pair.far, "broker")
    const expected = counting()
    assert.deepStrictEqual(data, { first: expected.slice(0, 1000), second: expected, small: new Uint8Array([1, 2, 3]) })
    while (bytes.buffer.byteLength > 0) await new Promise(setImmediate)
    assert.strictEqual(message.small.byteLength, 3)
  })

  it("of a client leaves its bytes alone", async () => {
    using pair = await socketPair()
    const bytes = counting()
    await pass({ bytes }, pair.near, pair.far, "client")
    // Long after it has been sent: the other end has it, and has answered nothing.
    assert.deepStrictEqual(bytes, counting())
  })

  it("that could not be sent keeps its memory, which the system may still look at", async () => {
    using pair = await socketPair()
    pair.near.destroy()
    const bytes = counting()
    new SocketPorts(pair.near, "broker").first.postMessage({ bytes })
    await once(pair.near, "close")
    assert.strictEqual(bytes.buffer.byteLength, LENGTH)
  })
})
