/**
 * The receiving end of one output stream: what has arrived and has not been read, and the credit it costs.
 *
 * This is the byte path, so it is plain code. One reader at a time.
 */
import {
  eagerBytes,
  InvalidArgument,
  type OutputStream,
  type ProcessError,
  returnThreshold
} from "@spawnbroker/protocol"

/** What a stream says to the broker. */
export interface IncomingLink {
  readonly credit: (bytes: number) => void
  readonly drain: () => void
  /** The number of the next chunk, over all streams of the process: their order of arrival. */
  readonly nextArrival: () => number
  /** The reader has gone. */
  readonly released: () => void
}

export interface Chunk {
  readonly from: "stdout" | "stderr"
  readonly arrival: number
  readonly bytes: Uint8Array
}

export class Incoming {
  readonly name: "stdout" | "stderr"
  readonly #link: IncomingLink
  readonly #windowBytes: number
  #chunks: Array<Chunk> = []
  #queuedBytes = 0
  #owedBytes = 0
  #granted = false
  #isRead = false
  #wake: (() => void) | undefined
  /** No more will arrive. */
  isEnded = false
  error: ProcessError | undefined
  /** Bytes that had arrived, and were given up unread. */
  discardedBytes = 0

  constructor(stream: OutputStream, windowBytes: number, link: IncomingLink) {
    this.name = stream === 1 ? "stdout" : "stderr"
    this.#windowBytes = windowBytes
    this.#link = link
  }

  get isRead(): boolean {
    return this.#isRead
  }

  get firstArrival(): number | undefined {
    return this.#chunks[0]?.arrival
  }

  receive(bytes: Uint8Array): void {
    this.#queuedBytes += bytes.byteLength
    this.#chunks.push({ from: this.name, arrival: this.#link.nextArrival(), bytes })
    this.#wake?.()
  }

  /**
   * The broker has dropped what comes next. What is queued here is older still, so unless somebody is reading it goes
   * too: whoever reads later gets one piece, the last one.
   */
  gap(): void {
    if (this.#isRead) return
    this.discardedBytes += this.#queuedBytes
    this.#owedBytes += this.#queuedBytes
    this.#queuedBytes = 0
    this.#chunks = []
  }

  end(): void {
    this.isEnded = true
    this.#wake?.()
  }

  fail(error: ProcessError): void {
    if (this.isEnded) return
    this.error = error
    this.end()
  }

  /** A reader comes. Answers an error if there is one already. */
  acquire(wake: () => void): InvalidArgument | undefined {
    if (this.#isRead)
      return new InvalidArgument({
        argument: this.name,
        problem: "it is being read already; read it once, or use `all`"
      })
    this.#isRead = true
    this.#wake = wake
    // Also where nothing is granted: it says that somebody reads.
    this.#link.credit(this.#granted ? 0 : this.#windowBytes - eagerBytes(this.#windowBytes))
    this.#granted = true
    return undefined
  }

  release(): void {
    this.payBack()
    this.#isRead = false
    this.#wake = undefined
    this.#link.released()
  }

  /** Takes everything that is queued. The credit for it is due at the next call: by then it has been used. */
  takeAll(): Array<Chunk> {
    const chunks = this.#chunks
    this.#chunks = []
    this.#settle(this.#queuedBytes)
    return chunks
  }

  takeOne(): Chunk {
    const chunk = this.#chunks.shift()!
    this.#settle(chunk.bytes.byteLength)
    return chunk
  }

  /** Nobody reads now, and the child must not wait for that. */
  drain(): void {
    if (!this.#isRead && !this.isEnded) this.#link.drain()
  }

  #settle(takenBytes: number): void {
    this.#queuedBytes -= takenBytes
    if (this.#owedBytes >= returnThreshold(this.#windowBytes)) this.payBack()
    this.#owedBytes += takenBytes
  }

  /** Gives back the credit for all that was taken. Whoever waits for more does so first, or nothing more may come. */
  payBack(): void {
    if (this.#owedBytes > 0 && !this.isEnded) this.#link.credit(this.#owedBytes)
    this.#owedBytes = 0
  }
}
