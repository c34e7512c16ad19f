import { timingSafeEqual } from "node:crypto"
import { createServer, type Server, type Socket } from "node:net"
import { HANDSHAKE_BYTES, NONCE_BYTES } from "../link/launcher-messages.ts"

/**
 * The sockets that the worker has connected ahead of need, by number.
 *
 * Each opens with a nonce that only the worker and this launcher know: the path is in a directory of mode 0700, and
 * another process of the same user still cannot put a socket of its own under a child.
 */
export class Stock {
  readonly #server: Server
  readonly #sockets = new Map<number, Socket>()
  readonly #waiting = new Map<number, (socket: Socket) => void>()

  constructor(path: string, nonce: Buffer, onListening: () => void) {
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) =>
      this.#welcome(socket, nonce)
    )
    this.#server.listen({ path, backlog: 511 }, onListening)
  }

  /** The socket of a number, which leaves the stock. Waits for one whose handshake has not been read yet. */
  take(number: number): Promise<Socket> {
    const socket = this.#sockets.get(number)
    this.#sockets.delete(number)
    return socket === undefined ? new Promise((resolve) => this.#waiting.set(number, resolve)) : Promise.resolve(socket)
  }

  close(): void {
    this.#server.close()
  }

  #welcome(socket: Socket, nonce: Buffer): void {
    socket.on("error", () => socket.destroy())
    const onReadable = (): void => {
      const handshake = socket.read(HANDSHAKE_BYTES) as Buffer | null
      if (handshake === null) return
      socket.off("readable", onReadable)
      if (handshake.byteLength < HANDSHAKE_BYTES) return void socket.destroy()
      if (!timingSafeEqual(handshake.subarray(0, NONCE_BYTES), nonce)) return void socket.destroy()
      this.#add(handshake.readUInt32BE(NONCE_BYTES), socket)
    }
    socket.on("readable", onReadable)
  }

  #add(number: number, socket: Socket): void {
    const resolve = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (resolve !== undefined) return resolve(socket)
    this.#sockets.set(number, socket)
    socket.once("close", () => this.#sockets.delete(number))
  }
}
