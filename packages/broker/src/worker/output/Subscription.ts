/**
 * One output stream of a process on its way to one client: credit, what is held, what is dropped.
 *
 * This is the byte path, so it is plain code. Nothing is lost or reordered while the client reads; what happens when it
 * does not is the `Unread` choice of the client. See `wire/credits.ts` in the protocol for the rules.
 */
import { eagerBytes, type Fd, slackBytes, type TransformFailed, type Unread } from "@spawnbroker/protocol"

/** One for all the streams of a client and a process, since many live at a time. */
export interface SubscriptionListener {
  /** A chunk that the client has credit for. Its buffer may be transferred. */
  data(fd: Fd, chunk: Uint8Array, offset: number, arrival: number): void
  /** Bytes were given up, so what is sent next does not follow what was sent last. */
  dropped(fd: Fd): void
  /** Everything has been sent, and, with an error, what would follow is not known. */
  end(fd: Fd, error?: TransformFailed): void
  /** It may hold up its process now where it did not before, or the other way about; or it has settled. */
  changed(fd: Fd): void
}

/** `read`: a client reads, or may come to. `drained`: it waits for something else. `abandoned`: it is gone. */
type Mode = "read" | "drained" | "abandoned"

interface Held {
  readonly bytes: Uint8Array
  readonly arrival: number
}

export class Subscription {
  readonly fd: Fd
  readonly #listener: SubscriptionListener
  readonly #windowBytes: number
  readonly #unread: Unread
  #creditBytes: number
  /** A reader has come once. */
  #isAsked = false
  #mode: Mode = "read"
  #held: Array<Held> = []
  #heldBytes = 0
  #nextOffset: number
  #hasGap = false
  #sourceEnded = false
  #error: TransformFailed | undefined
  #endSent = false
  /** Bytes that were given up unread. */
  droppedBytes = 0

  /** `offset`: of the first byte that it will be given. */
  constructor(fd: Fd, offset: number, windowBytes: number, unread: Unread, listener: SubscriptionListener) {
    this.fd = fd
    this.#nextOffset = offset
    this.#windowBytes = windowBytes
    this.#unread = unread
    this.#creditBytes = eagerBytes(windowBytes)
    this.#listener = listener
  }

  /** Bytes that are held for its client. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Holds all that it may, so its process has to wait. */
  get isFull(): boolean {
    return !this.#drops && this.#heldBytes >= this.#windowBytes
  }

  /**
   * How many bytes may be collected before it is given them. None while its client waits, which it does when it has given
   * credit back for all but the slack; and none of those that are sent unasked.
   */
  get patience(): number {
    const underWay = this.#windowBytes - this.#creditBytes
    const waits = underWay <= slackBytes(this.#windowBytes) || (!this.#isAsked && this.#creditBytes > 0)
    return waits ? 0 : this.#windowBytes >> 2
  }

  /** Everything has come, and nobody is waited for to take what is held. */
  get isSettled(): boolean {
    return this.#sourceEnded && (this.#held.length === 0 || this.#drops)
  }

  /** The youngest of the held chunks that are older than another chunk. */
  youngestHeldBefore(arrival: number): number | undefined {
    for (let i = this.#held.length - 1; i >= 0; i--) {
      if (this.#held[i]!.arrival < arrival) return this.#held[i]!.arrival
    }
    return undefined
  }

  /** The next chunk of the stream, which is this subscription's own from here on. */
  push(bytes: Uint8Array, arrival: number): void {
    this.#held.push({ bytes, arrival })
    this.#heldBytes += bytes.byteLength
    this.#send()
  }

  /** A reader has come, or has taken so many bytes. */
  grant(bytes: number): void {
    this.#isAsked = true
    if (this.#mode === "drained") this.#mode = "read"
    // An honest client never has more than one window; a larger credit would only fill its port.
    this.#creditBytes = Math.min(this.#creditBytes + bytes, this.#windowBytes)
    this.#send()
  }

  /** Nobody reads, and the child must not wait for it. */
  drain(): void {
    if (this.#mode === "read") this.#switchTo("drained")
  }

  /** The client is gone: what is held is given up, and what still comes is thrown away. */
  abandon(): void {
    this.#switchTo("abandoned")
  }

  /** Nothing follows what has been pushed. */
  end(error?: TransformFailed): void {
    if (this.#sourceEnded) return
    this.#sourceEnded = true
    this.#error = error
    this.#sendEnd()
    this.#listener.changed(this.fd)
  }

  get #drops(): boolean {
    return (
      this.#mode === "abandoned" || this.#unread === "tail" || (this.#mode === "drained" && this.#unread === "auto")
    )
  }

  #switchTo(mode: Mode): void {
    this.#mode = mode
    this.#regulate()
  }

  #send(): void {
    while (this.#held.length > 0 && this.#creditBytes > 0 && this.#mode !== "abandoned") {
      const { bytes, arrival } = this.#held.shift()!
      this.#creditBytes -= bytes.byteLength
      this.#heldBytes -= bytes.byteLength
      this.#hasGap = false
      this.#listener.data(this.fd, bytes, this.#nextOffset, arrival)
      this.#nextOffset += bytes.byteLength
    }
    this.#sendEnd()
    this.#regulate()
  }

  /** Keeps what is held within the window: by dropping what is oldest, or by asking its process to wait. */
  #regulate(): void {
    if (this.#drops) this.#dropOldest(this.#mode === "abandoned" ? 0 : this.#windowBytes)
    this.#listener.changed(this.fd)
  }

  /** Drops whole chunks, and keeps at least so many bytes: whoever reads later gets no less than that of the end. */
  #dropOldest(keepBytes: number): void {
    while (this.#held.length > 0 && this.#heldBytes - this.#held[0]!.bytes.byteLength >= keepBytes) {
      const { byteLength } = this.#held.shift()!.bytes
      this.#heldBytes -= byteLength
      this.#nextOffset += byteLength
      this.droppedBytes += byteLength
      if (!this.#hasGap) this.#listener.dropped(this.fd)
      this.#hasGap = true
    }
  }

  #sendEnd(): void {
    if (!this.#sourceEnded || this.#held.length > 0 || this.#endSent) return
    this.#endSent = true
    this.#listener.end(this.fd, this.#error)
  }
}
