/**
 * One output stream of a child on its way to a client: credits, what is held, and when it ends.
 *
 * This is the byte path, so it is plain code. Nothing is lost or reordered while the client reads; what happens when it
 * does not is the `Unread` choice of the spawn. See `wire/credits.ts` in the protocol for the rules.
 */
import {
  copyBytes,
  type Credit,
  eagerBytes,
  hasCredit,
  makeCredit,
  MAX_FRAME_BYTES,
  type Unread
} from "@spawnbroker/protocol"
import type { ByteSource } from "../spawn/Spawner.ts"

/**
 * Once its process has exited, a stream without an end (a grandchild holds the pipe) is over after this long without a
 * byte. Each byte starts it again. Lower risks what a grandchild still has to say; higher delays `Closed`.
 */
const IDLE_GRACE_MS = 100

export interface OutputListener {
  /** Bytes were given up, so what is sent next does not follow what was sent last. */
  readonly dropped: () => void
  /** A chunk that the client has credit for. Its buffer may be transferred. */
  readonly data: (chunk: Uint8Array, offset: number) => void
  /** Everything has been sent. */
  readonly end: () => void
  /** Nothing more will come out of the child, though some of it may still be held. */
  readonly settled: () => void
}

/** `read`: a client reads, or may come to. `drained`: it waits for something else. `abandoned`: it is gone. */
type Mode = "read" | "drained" | "abandoned"

export class Output {
  readonly #source: ByteSource
  readonly #listener: OutputListener
  readonly #windowBytes: number
  readonly #unread: Unread
  readonly #credit: Credit
  #mode: Mode = "read"
  #held: Array<Uint8Array> = []
  #heldBytes = 0
  #sentOffset = 0
  #paused = false
  #sourceEnded = false
  #endSent = false
  #hasGap = false
  #processExited = false
  #idle: NodeJS.Timeout | undefined
  /** Bytes that came out of the child. */
  totalBytes = 0
  /** Bytes of those that were given up unread. */
  droppedBytes = 0

  constructor(source: ByteSource, windowBytes: number, unread: Unread, listener: OutputListener) {
    this.#source = source
    this.#listener = listener
    this.#windowBytes = windowBytes
    this.#unread = unread
    this.#credit = makeCredit(eagerBytes(windowBytes))
    source.start({ data: (chunk) => this.#receive(chunk), end: () => this.#endSource() })
  }

  /** Nothing more will come out of the child, and nobody is waited for to take what is held. */
  get isSettled(): boolean {
    return this.#sourceEnded && (this.#held.length === 0 || this.#drops)
  }

  /** The child is not read from now, since its client does not take what there is. */
  get isPaused(): boolean {
    return this.#paused
  }

  /** A reader has come, or has taken so many bytes. */
  grant(bytes: number): void {
    if (this.#mode === "drained") this.#mode = "read"
    // An honest client never has more than one window; a larger credit would only fill its port.
    this.#credit.bytes = Math.min(this.#credit.bytes + bytes, this.#windowBytes)
    this.#send()
  }

  /** Nobody reads, and the child must not wait for it. */
  drain(): void {
    if (this.#mode === "read") this.#switchTo("drained")
  }

  /** The client is gone: what is held is given up, and what still comes is read and thrown away. */
  abandon(): void {
    this.#switchTo("abandoned")
  }

  /** The process has exited, so from now on the stream may end without its real end. */
  processExited(): void {
    this.#processExited = true
    this.#armIdle()
  }

  /** Reads no more. What is held can still be sent. */
  destroy(): void {
    this.#source.destroy()
    this.#endSource()
  }

  get #drops(): boolean {
    return (
      this.#mode === "abandoned" || this.#unread === "tail" || (this.#mode === "drained" && this.#unread === "auto")
    )
  }

  #switchTo(mode: Mode): void {
    this.#mode = mode
    this.#regulate()
    this.#settle()
  }

  #receive(chunk: Uint8Array): void {
    this.totalBytes += chunk.byteLength
    this.#held.push(chunk)
    this.#heldBytes += chunk.byteLength
    this.#send()
    if (this.#processExited) this.#armIdle()
  }

  #send(): void {
    while (this.#held.length > 0 && hasCredit(this.#credit) && this.#mode !== "abandoned") {
      const chunk = this.#nextFrame()
      this.#credit.bytes -= chunk.byteLength
      this.#heldBytes -= chunk.byteLength
      this.#hasGap = false
      this.#listener.data(chunk, this.#sentOffset)
      this.#sentOffset += chunk.byteLength
    }
    this.#regulate()
    this.#sendEnd()
  }

  #nextFrame(): Uint8Array {
    const chunk = this.#held[0]!
    if (chunk.byteLength <= MAX_FRAME_BYTES) return this.#held.shift()!
    this.#held[0] = copyBytes(chunk, MAX_FRAME_BYTES, chunk.byteLength)
    return copyBytes(chunk, 0, MAX_FRAME_BYTES)
  }

  /** Keeps what is held within the window: by dropping what is oldest, or by reading no more. */
  #regulate(): void {
    if (this.#drops) this.#dropOldest(this.#mode === "abandoned" ? 0 : this.#windowBytes)
    const full = !this.#drops && this.#heldBytes >= this.#windowBytes
    if (full === this.#paused || this.#sourceEnded) return
    this.#paused = full
    if (full) this.#source.pause()
    else this.#source.resume()
    if (this.#processExited) this.#armIdle()
  }

  /** Drops whole chunks, and keeps at least so many bytes: whoever reads later gets no less than that of the end. */
  #dropOldest(keepBytes: number): void {
    while (this.#held.length > 0 && this.#heldBytes - this.#held[0]!.byteLength >= keepBytes) {
      const { byteLength } = this.#held.shift()!
      this.#heldBytes -= byteLength
      this.#sentOffset += byteLength
      this.droppedBytes += byteLength
      if (!this.#hasGap) this.#listener.dropped()
      this.#hasGap = true
    }
  }

  #endSource(): void {
    if (this.#sourceEnded) return
    this.#sourceEnded = true
    clearTimeout(this.#idle)
    this.#sendEnd()
    this.#settle()
  }

  #sendEnd(): void {
    if (!this.#sourceEnded || this.#held.length > 0 || this.#endSent) return
    this.#endSent = true
    this.#listener.end()
    this.#settle()
  }

  #settle(): void {
    if (this.isSettled) this.#listener.settled()
  }

  #armIdle(): void {
    clearTimeout(this.#idle)
    // While it is not read, its silence means nothing.
    if (this.#paused || this.#sourceEnded) return
    const seen = this.totalBytes
    this.#idle = setTimeout(() => {
      // A thread that was held up finds its timers due before it has looked at its sockets: let it look once.
      setImmediate(() => {
        if (this.totalBytes === seen && !this.#paused) this.destroy()
      })
    }, IDLE_GRACE_MS)
  }
}
