import type { Socket } from "node:net"

/** Largest batch that is taken: a command line at Linux's limit, many times over. */
const MAX_BATCH_BYTES = 256 * 1024 * 1024

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

  close(): void {
    this.#socket.destroy()
  }

  #flush(): void {
    const body = Buffer.from(JSON.stringify(this.#outgoing))
    this.#outgoing = []
    const header = Buffer.allocUnsafe(4)
    header.writeUInt32BE(body.byteLength)
    this.#socket.cork()
    this.#socket.write(header)
    this.#socket.write(body)
    this.#socket.uncork()
  }

  #receive(chunk: Buffer, onMessage: (message: In) => void): void {
    this.#incoming.push(chunk)
    this.#incomingBytes += chunk.byteLength
    for (let batch = this.#take(); batch !== undefined; batch = this.#take()) {
      for (const message of JSON.parse(batch.toString()) as Array<In>) onMessage(message)
    }
  }

  /** The next whole batch, if it has arrived. */
  #take(): Buffer | undefined {
    if (this.#incomingBytes < 4) return undefined
    const all = this.#incoming.length === 1 ? this.#incoming[0]! : Buffer.concat(this.#incoming)
    this.#incoming = [all]
    const end = 4 + all.readUInt32BE(0)
    if (end > MAX_BATCH_BYTES) this.#socket.destroy()
    if (this.#incomingBytes < end || end > MAX_BATCH_BYTES) return undefined
    this.#incomingBytes -= end
    this.#incoming = this.#incomingBytes === 0 ? [] : [all.subarray(end)]
    return all.subarray(4, end)
  }
}
