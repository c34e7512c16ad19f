import type { Socket } from "node:net"

/** A batch is closed once it has so many characters. Higher: fewer writes. Lower: less memory for a burst of long commands. */
const FULL_BATCH_LENGTH = 1024 * 1024
/** Largest batch that is taken: a full one, and the longest command line as its last message, each character escaped. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024

/**
 * Sends and receives messages over a socket, in batches of JSON behind their length.
 *
 * `onMessage` runs once a message, in order. A batch that cannot be read ends the socket: the other end is broken.
 */
export class MessageSocket<Out, In> {
  readonly #socket: Socket
  #outgoing: Array<Out> = []
  #incoming: Array<Buffer> = []
  #incomingBytes = 0
  /** Bytes from the start of what has arrived to the end of its first batch, once its length is known. */
  #batchEnd = 0

  constructor(socket: Socket, onMessage: (message: In) => void, onClose: () => void) {
    this.#socket = socket
    socket.on("data", (chunk: Buffer) => this.#receive(chunk, onMessage))
    socket.on("error", () => {})
    socket.once("close", onClose)
  }

  send(message: Out): void {
    this.#outgoing.push(message)
    if (this.#outgoing.length === 1) setImmediate(() => this.#flush())
  }

  /** Sends a message, and what waits before it, within this turn. */
  sendNow(message: Out): void {
    this.send(message)
    this.#flush()
  }

  close(): void {
    this.#socket.destroy()
  }

  #flush(): void {
    const messages = this.#outgoing
    if (messages.length === 0) return
    this.#outgoing = []
    this.#socket.cork()
    let batch = ""
    for (const message of messages) {
      batch += (batch === "" ? "[" : ",") + JSON.stringify(message)
      if (batch.length >= FULL_BATCH_LENGTH) {
        this.#write(batch)
        batch = ""
      }
    }
    if (batch !== "") this.#write(batch)
    this.#socket.uncork()
  }

  #write(batch: string): void {
    const body = Buffer.from(`${batch}]`)
    const header = Buffer.allocUnsafe(4)
    header.writeUInt32BE(body.byteLength)
    this.#socket.write(header)
    this.#socket.write(body)
  }

  #receive(chunk: Buffer, onMessage: (message: In) => void): void {
    this.#incoming.push(chunk)
    this.#incomingBytes += chunk.byteLength
    for (let batch = this.#take(); batch !== undefined; batch = this.#take()) {
      const messages = parse(batch)
      if (messages === undefined) return void this.#socket.destroy()
      for (const message of messages) onMessage(message as In)
    }
  }

  /** The next whole batch, if it has arrived. What has arrived of one is joined once, when it is whole. */
  #take(): Buffer | undefined {
    if (this.#incomingBytes < Math.max(4, this.#batchEnd) || this.#socket.destroyed) return undefined
    const all = this.#incoming.length === 1 ? this.#incoming[0]! : Buffer.concat(this.#incoming)
    this.#incoming = [all]
    this.#batchEnd = 4 + all.readUInt32BE(0)
    if (this.#batchEnd > MAX_BATCH_BYTES) return void this.#socket.destroy()
    if (this.#incomingBytes < this.#batchEnd) return undefined
    const batch = all.subarray(4, this.#batchEnd)
    this.#incomingBytes -= this.#batchEnd
    this.#incoming = this.#incomingBytes === 0 ? [] : [all.subarray(this.#batchEnd)]
    this.#batchEnd = 0
    return batch
  }
}

const parse = (batch: Buffer): ReadonlyArray<unknown> | undefined => {
  try {
    const messages: unknown = JSON.parse(batch.toString())
    return Array.isArray(messages) ? messages : undefined
  } catch {
    return undefined
  }
}
