/**
 * One output stream of a child: read as fast as the slowest of those who may hold it up, kept for whoever comes later, and
 * over at its end or, once the process has exited, when it has fallen silent.
 */
import { copyBytes } from "@spawnbroker/protocol"
import type { ByteSource } from "../spawn/Spawner.ts"
import type { Subscription } from "./Subscription.ts"

/**
 * Once its process has exited, a stream without an end (a grandchild holds the pipe) is over after this long without a
 * byte. Each byte starts it again. Lower risks what a grandchild still has to say; higher delays `Closed`.
 */
const IDLE_GRACE_MS = 100

export interface OutputListener {
  /** A chunk has come out of the child. Answers its number among those of all streams. */
  readonly arrived: (chunk: Uint8Array, offset: number) => number
  /** Nothing more will come out of the child. */
  readonly ended: () => void
}

export class Output {
  readonly #source: ByteSource
  readonly #listener: OutputListener
  readonly #subscriptions = new Set<Subscription>()
  #isPaused = false
  #isEnded = false
  #processExited = false
  #idle: NodeJS.Timeout | undefined
  /** Bytes that came out of the child. */
  totalBytes = 0

  constructor(source: ByteSource, listener: OutputListener) {
    this.#source = source
    this.#listener = listener
  }

  /** Begins to read, once whoever has to be there from the first byte is. */
  start(): void {
    this.#source.start({ data: (chunk) => this.#receive(chunk), end: () => this.#end() })
  }

  /** Nothing more will come out of the child. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The child is not read from now, since somebody does not take what there is. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** From now on a client gets every chunk. */
  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription)
    if (this.#isEnded) subscription.end()
  }

  remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription)
    this.regulate()
  }

  /** Reads on or not, by whether anybody is full. */
  regulate(): void {
    const isFull = this.#isAnyFull()
    if (isFull === this.#isPaused || this.#isEnded) return
    this.#isPaused = isFull
    if (isFull) this.#source.pause()
    else this.#source.resume()
    if (this.#processExited) this.#armIdle()
  }

  /** The process has exited, so from now on the stream may end without its real end. */
  processExited(): void {
    this.#processExited = true
    this.#armIdle()
  }

  /** Reads no more. What has been read can still be sent. */
  destroy(): void {
    this.#source.destroy()
    this.#end()
  }

  #isAnyFull(): boolean {
    for (const subscription of this.#subscriptions) if (subscription.isFull) return true
    return false
  }

  #receive(chunk: Uint8Array): void {
    const offset = this.totalBytes
    const length = chunk.byteLength
    this.totalBytes += length
    const arrival = this.#listener.arrived(chunk, offset)
    let left = this.#subscriptions.size
    // The last one may keep the chunk itself: its buffer is transferred, and gone with it.
    for (const subscription of this.#subscriptions) {
      subscription.push(--left === 0 ? chunk : copyBytes(chunk, 0, length), arrival)
    }
    if (this.#processExited) this.#armIdle()
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#idle)
    for (const subscription of this.#subscriptions) subscription.end()
    this.#listener.ended()
  }

  #armIdle(): void {
    clearTimeout(this.#idle)
    // While it is not read, its silence means nothing.
    if (this.#isPaused || this.#isEnded) return
    const seen = this.totalBytes
    this.#idle = setTimeout(() => {
      // A thread that was held up finds its timers due before it has looked at its sockets: let it look once.
      setImmediate(() => {
        if (this.totalBytes === seen && !this.#isPaused) this.destroy()
      })
    }, IDLE_GRACE_MS)
  }
}
