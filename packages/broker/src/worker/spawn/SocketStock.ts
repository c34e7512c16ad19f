/**
 * Sockets to the launcher, connected ahead of need: each becomes one input of a child, or a stream both ways.
 *
 * The worker reads and writes them itself, so no byte passes through the launcher. Connecting is bounded (a UNIX
 * listener whose backlog is full answers EAGAIN) and tried again when the machine is out of descriptors.
 */
import { connect, type Socket } from "node:net"
import { errnoOf } from "../../child/start-child.ts"
import { HANDSHAKE_BYTES, NONCE_BYTES } from "../../link/launcher-messages.ts"
import { ScratchReader } from "./ScratchReader.ts"
import { bothOf, sinkOf } from "./streams.ts"
import { type ByteSink, type ByteSource, SpawnError } from "./Spawner.ts"

/** Connected sockets that wait for a child. Higher: bursts start sooner. Lower: fewer idle descriptors. */
const STOCK_SIZE = 16
/** Connections being made at once. Higher: a drained stock fills sooner. Too high: EAGAIN from the listener. */
const MAX_CONNECTING = 8
/** How long somebody waits while no connection can be made. */
const MAX_WAIT_MS = 30_000
/** Pause before a refused connection is tried again. */
const RETRY_MS = 20

/** A connected socket, for an input or for both ways. */
export interface StockSocket {
  readonly slot: number
  readonly sink: () => ByteSink
  /** Both at once. It destroys itself once both are over. */
  readonly both: () => { readonly source: ByteSource; readonly sink: ByteSink }
  /** For one that has been used for nothing. */
  readonly destroy: () => void
}

interface Waiting {
  readonly count: number
  readonly since: number
  readonly resolve: (sockets: ReadonlyArray<StockSocket>) => void
  readonly reject: (cause: Error) => void
}

export class SocketStock {
  readonly #path: string
  readonly #nonce: Buffer
  readonly #ready: Array<StockSocket> = []
  readonly #waiting: Array<Waiting> = []
  #connecting = 0
  #lastNumber = 0
  #closed: Error | undefined

  constructor(path: string, nonce: Buffer) {
    this.#path = path
    this.#nonce = nonce
    this.#refill()
  }

  /**
   * So many connected sockets, all at once: two callers that each held some of theirs could wait for each other for
   * ever. Rejects once the stock is closed, or when the machine has had no descriptors left for too long.
   */
  take(count: number): Promise<ReadonlyArray<StockSocket>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count, since: Date.now(), resolve, reject })
      this.#serve()
    })
  }

  close(reason: Error): void {
    this.#closed = reason
    for (const socket of this.#ready.splice(0)) socket.destroy()
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }

  #refill(): void {
    while (this.#closed === undefined && this.#connecting < MAX_CONNECTING && this.#missing() > 0) this.#connect()
  }

  #missing(): number {
    const wanted = this.#waiting.reduce((sum, { count }) => sum + count, 0)
    return wanted + STOCK_SIZE - this.#ready.length - this.#connecting
  }

  /** In the order of arrival: whoever wants three is not overtaken for ever by those who want one. */
  #serve(): void {
    while (this.#waiting.length > 0 && this.#ready.length >= this.#waiting[0]!.count) {
      const { count, resolve } = this.#waiting.shift()!
      resolve(this.#ready.splice(0, count))
    }
    this.#refill()
  }

  #connect(): void {
    this.#connecting++
    const number = ++this.#lastNumber
    const reader = new ScratchReader()
    let socket: Socket
    try {
      socket = connect({ path: this.#path, allowHalfOpen: true, onread: reader.onread })
    } catch (cause) {
      return this.#retryLater(cause)
    }
    // A socket with `onread` reads from the moment it is connected, also while nobody listens yet.
    socket.pause()
    const failed = (cause: Error): void => {
      socket.destroy()
      this.#retryLater(cause)
    }
    socket.once("error", failed)
    socket.once("connect", () => {
      socket.off("error", failed)
      socket.write(handshake(this.#nonce, number))
      this.#connecting--
      this.#connected(stockSocket(socket, number, reader))
    })
  }

  #connected(socket: StockSocket): void {
    if (this.#closed !== undefined) return socket.destroy()
    this.#ready.push(socket)
    this.#serve()
  }

  #retryLater(cause: unknown): void {
    while (this.#waiting.length > 0 && Date.now() - this.#waiting[0]!.since > MAX_WAIT_MS) {
      this.#waiting.shift()!.reject(new SpawnError(errnoOf(cause)))
    }
    setTimeout(() => {
      this.#connecting--
      this.#refill()
    }, RETRY_MS)
  }
}

const handshake = (nonce: Buffer, number: number): Buffer => {
  const bytes = Buffer.alloc(HANDSHAKE_BYTES)
  nonce.copy(bytes)
  bytes.writeUInt32BE(number, NONCE_BYTES)
  return bytes
}

const stockSocket = (socket: Socket, slot: number, reader: ScratchReader): StockSocket => {
  // A socket in stock that breaks is found out when it is used.
  socket.on("error", () => {})
  return {
    slot,
    sink: () => {
      // The child never writes to its stdin; reading is how its closing is noticed.
      socket.once("end", () => socket.destroy())
      socket.resume()
      return sinkOf(socket)
    },
    both: () => bothOf(socket, reader.sourceOf(socket)),
    destroy: () => socket.destroy()
  }
}
