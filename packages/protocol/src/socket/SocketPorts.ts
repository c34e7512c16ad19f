/**
 * The ports of one connection: the first of each end is there from the start, and those that a client makes are moved to the
 * broker within its messages. Control and data take turns on the wire, in the order in which they are sent.
 *
 * What a stranger can do to the broker's end is bounded. A frame that is none, or is too long, ends the connection. While the
 * other end does not take what is sent to it, nothing is read from it: so it is given no further credit, and makes no further
 * call. What is under way by then may still be sent, up to {@link MAX_WAITING_BYTES}.
 */
import type { ByteStream, Sent } from "./ByteStream.ts"
import { FrameKind, frameHead, FrameReader, type SocketFrame } from "./FrameReader.ts"
import { decodeMessage, encodeMessage, type MessageLimits } from "./message-bytes.ts"
import { type SocketMessage, SocketPort } from "./SocketPort.ts"

/**
 * Bytes that may wait for the other end to take them. More than the windows of a great many streams; higher lets a stranger
 * cost more memory, lower ends the connections of honest clients that are stopped for a while with many streams open.
 */
export const MAX_WAITING_BYTES = 64 * 1024 * 1024

/** Above this nothing is read from the other end. Lower: it hears later of what it asks for, when it is slow. */
const PAUSE_BYTES = 1024 * 1024

/** What a broker takes of a client: the longest call, and the bytes of its batches. */
const FROM_CLIENT: MessageLimits = { bytes: 16 * 1024 * 1024, values: 100_000 }

/** What a client takes of a broker: as much as a process may be asked to keep (64 MiB of each stream), and long lists. */
const FROM_BROKER: MessageLimits = { bytes: 192 * 1024 * 1024, values: 4_000_000 }

/** Ports at a time that one connection may have. A session needs two. Higher lets a stranger cost more. */
const MAX_PORTS = 16

/** The number of the port that is there from the start. */
const FIRST = 0

export type SocketSide = "client" | "broker"

export class SocketPorts {
  readonly #stream: ByteStream
  readonly #side: SocketSide
  readonly #limits: MessageLimits
  readonly #frames: FrameReader
  readonly #open = new Map<number, SocketPort>()
  /** The largest number that a port has had. None is used twice. */
  #last = FIRST
  #isPaused = false
  #isOver = false
  readonly first: SocketPort

  constructor(stream: ByteStream, side: SocketSide) {
    this.#stream = stream
    this.#side = side
    this.#limits = side === "broker" ? FROM_CLIENT : FROM_BROKER
    this.#frames = new FrameReader(this.#limits.bytes)
    this.first = this.#add(FIRST)
    stream.on("data", (chunk) => this.#arrived(chunk))
    stream.on("drain", () => this.#drained())
    // It is closed next, which says enough.
    stream.on("error", () => {})
    stream.on("close", () => this.#ended())
  }

  /** Two ends of a new channel: one to listen to, one to move to the other end. */
  channel(): { readonly port1: SocketPort; readonly port2: SocketPort } {
    const port = this.#add(++this.#last)
    return { port1: port, port2: port }
  }

  send(port: SocketPort, message: unknown, ports: ReadonlyArray<unknown>): void {
    if (this.#isOver) return
    const moved = ports.map((item) => {
      if (item instanceof SocketPort && this.#open.get(item.id) === item) return item.id
      throw new TypeError("Only the ports of this connection move through it.")
    })
    const pieces = encodeMessage({ data: message, ports: moved })
    const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const isBroker = this.#side === "broker"
    this.#write([frameHead(port.id, FrameKind.message, bytes), ...pieces], isBroker ? freeing(pieces) : undefined)
  }

  close(port: SocketPort): void {
    if (!this.#open.delete(port.id) || this.#isOver) return
    this.#write([frameHead(port.id, FrameKind.closed, 0)])
    this.#leaveIfEmpty()
  }

  #add(id: number): SocketPort {
    const port = new SocketPort(this, id)
    this.#open.set(id, port)
    return port
  }

  #write(pieces: ReadonlyArray<Uint8Array>, sent?: Sent): void {
    this.#stream.cork()
    for (const [index, piece] of pieces.entries()) {
      this.#stream.write(piece, index === pieces.length - 1 ? sent : undefined)
    }
    this.#stream.uncork()
    const waiting = this.#stream.writableLength
    if (this.#side === "client") return
    if (waiting > MAX_WAITING_BYTES) return this.#cut()
    if (waiting > PAUSE_BYTES && !this.#isPaused) {
      this.#isPaused = true
      this.#stream.pause()
    }
  }

  #drained(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#stream.resume()
  }

  #arrived(chunk: Uint8Array): void {
    this.#frames.push(chunk)
    for (let next = this.#next(); next !== undefined && !this.#isOver; next = this.#next()) this.#deliver(next)
  }

  /** The next frame, read; or nothing, and no connection if it cannot be. */
  #next(): Arrival | undefined {
    try {
      const frame = this.#frames.take()
      return frame && this.#read(frame)
    } catch {
      // The other end is broken, or hostile.
      this.#cut()
      return undefined
    }
  }

  #read({ port, kind, body }: SocketFrame): Arrival {
    if (kind === FrameKind.closed) return { id: port }
    if (kind !== FrameKind.message) throw new TypeError("A frame is of no kind.")
    const { data, ports } = asEnvelope(decodeMessage(body, this.#limits))
    return { id: port, message: { data, ports: ports.map((number) => this.#accept(number)) } }
  }

  #deliver({ id, message }: Arrival): void {
    const port = this.#open.get(id)
    if (message === undefined) {
      this.#open.delete(id)
      port?.closed()
      return this.#leaveIfEmpty()
    }
    if (port !== undefined) return port.receive(message)
    // It has been closed here while this was under way.
    for (const lost of message.ports as ReadonlyArray<SocketPort>) lost.close()
  }

  /** A port that the other end has moved here. */
  #accept(id: unknown): SocketPort {
    const isNew = Number.isInteger(id) && (id as number) > this.#last && (id as number) <= 0xffff_ffff
    if (this.#side === "client" || !isNew || this.#open.size >= MAX_PORTS) throw new TypeError("A port is misplaced.")
    this.#last = id as number
    return this.#add(this.#last)
  }

  /** With its last port a connection is over. The first one alone is not enough: the last facts may still be under way. */
  #leaveIfEmpty(): void {
    if (this.#open.size > 0 || this.#isOver) return
    this.#isOver = true
    this.#stream.end()
    // What still comes is read and thrown away: else it would hold the connection half open.
    this.#stream.resume()
  }

  #cut(): void {
    this.#stream.destroy()
    this.#ended()
  }

  #ended(): void {
    this.#isOver = true
    const left = [...this.#open.values()]
    this.#open.clear()
    for (const port of left) port.closed()
  }
}

/**
 * Gives up the memory of what has been sent, which nobody else has: it came out of the broker's thread for this alone.
 *
 * Else it would count as memory of this thread until that has collected its garbage, which V8 then does for every 30 MB that
 * pass through, of everything there is: at full speed that was half of what this thread did.
 */
const freeing =
  (pieces: ReadonlyArray<Uint8Array>): Sent =>
  (error) => {
    // What has failed may not be over for the system.
    if (error) return
    for (const { buffer } of pieces) {
      if (buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_FREED_BYTES) buffer.transfer(0)
    }
  }

/** Smaller memory is not worth the call; and may be out of a pool, which is many's. */
const MIN_FREED_BYTES = 16 * 1024

/** A message for a port, or the news that it has closed. */
interface Arrival {
  readonly id: number
  readonly message?: SocketMessage
}

const asEnvelope = (value: unknown): { readonly data: unknown; readonly ports: ReadonlyArray<unknown> } => {
  const { data, ports } = value as { readonly data?: unknown; readonly ports?: unknown }
  if (!Array.isArray(ports)) throw new TypeError("A message has no envelope.")
  return { data, ports }
}
