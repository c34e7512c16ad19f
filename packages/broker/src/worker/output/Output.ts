/**
 * One output stream of a child: read as fast as the slowest of those who may hold it up, kept for whoever comes later, and
 * over at its end or, once the process has exited, when it has fallen silent.
 *
 * Somebody who waits gets at once what there is. While he has something to do, what is read is collected: a few large
 * chunks cost far less on their way than many small ones, and a child that writes fast has filled one by then.
 */
import { copyBytes, type Fd, type TransformFailed } from "@spawnbroker/protocol"
import type { ByteSource } from "../spawn/Spawner.ts"
import { Collected, COLLECTED_BYTES, NEARLY_FULL_BYTES } from "./Collected.ts"
import { IdleGrace } from "./IdleGrace.ts"
import type { Subscription } from "./Subscription.ts"

/** One for all the outputs of a child, since many live at a time. */
export interface OutputListener {
  /** Bytes come out of the child now. Whatever came out of another stream of it must be handed on first. */
  reads(output: Output): void
  /** A chunk is handed on, and is there during the call. Answers its number among those of all streams. */
  arrived(fd: Fd, chunk: Uint8Array, offset: number): number
  /** Nothing more will come out of the child. */
  ended(): void
}

export class Output {
  readonly #fd: Fd
  readonly #source: ByteSource
  readonly #listener: OutputListener
  readonly #subscriptions = new Set<Subscription>()
  readonly #collected = new Collected()
  #isPaused = false
  #isEnded = false
  #processExited = false
  #error: TransformFailed | undefined
  // While it is not read, its silence means nothing.
  readonly #idle = new IdleGrace(
    () => (this.#isPaused || this.#isEnded ? undefined : this.totalBytes),
    () => this.destroy()
  )
  #handedOn = 0
  /** Bytes that came out of the child, those that are collected among them. */
  totalBytes = 0

  constructor(fd: Fd, source: ByteSource, listener: OutputListener) {
    this.#fd = fd
    this.#source = source
    this.#listener = listener
  }

  /** Begins to read, once whoever has to be there from the first byte is. */
  start(): void {
    this.#source.start({ data: (bytes) => this.#read(bytes), end: (error) => this.#end(error) })
  }

  /** Nothing more will come out of the child. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The child is not read from now, since somebody does not take what there is. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Bytes that came out of the child, of which a transform may have made others. */
  get childBytes(): number {
    return this.#source.rawBytes ?? this.totalBytes
  }

  /** From now on a client gets every chunk. */
  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription)
    if (this.#isEnded) subscription.end(this.#error)
  }

  remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription)
    this.regulate()
  }

  /** Hands on what is collected. */
  flush(): void {
    if (this.#collected.byteLength > 0) this.#handOn(this.#collected.take(), "own")
  }

  /** Hands on what somebody waits for, and reads on or not, by whether anybody is full. */
  regulate(): void {
    if (this.#collected.byteLength > 0 && this.#patience() === 0) this.flush()
    const isFull = this.#isAnyFull()
    if (isFull === this.#isPaused || this.#isEnded) return
    this.#isPaused = isFull
    if (isFull) this.#source.pause()
    else this.#source.resume()
    if (this.#processExited) this.#idle.arm()
  }

  /** The process has exited, so from now on the stream may end without its real end. */
  processExited(): void {
    if (this.#source.processExited !== undefined) return this.#source.processExited()
    this.#processExited = true
    this.#idle.arm()
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

  #read(bytes: Uint8Array): void {
    const length = bytes.byteLength
    this.totalBytes += length
    this.#listener.reads(this)
    if (this.#collected.byteLength + length > COLLECTED_BYTES) this.flush()
    const patience = this.#patience()
    if (this.#collected.byteLength === 0 && length >= patience) this.#handOn(bytes, "borrowed")
    else {
      this.#collected.add(bytes)
      if (this.#collected.byteLength >= Math.min(patience, NEARLY_FULL_BYTES)) this.flush()
    }
    if (this.#processExited) this.#idle.arm()
  }

  /** How many bytes may be collected. Where nobody looks there is nothing to save: they go to the replay as they are. */
  #patience(): number {
    let patience = this.#subscriptions.size === 0 ? 0 : COLLECTED_BYTES
    for (const subscription of this.#subscriptions) patience = Math.min(patience, subscription.patience)
    return patience
  }

  #handOn(chunk: Uint8Array, memory: "own" | "borrowed"): void {
    const length = chunk.byteLength
    const offset = this.#handedOn
    this.#handedOn += length
    const arrival = this.#listener.arrived(this.#fd, chunk, offset)
    let left = this.#subscriptions.size
    for (const subscription of this.#subscriptions) {
      // The last one may keep the chunk itself: its buffer is transferred, and gone with it.
      const isKept = --left === 0 && memory === "own"
      subscription.push(isKept ? chunk : copyBytes(chunk, 0, length), arrival)
    }
  }

  #end(error?: TransformFailed): void {
    if (this.#isEnded) return
    this.flush()
    this.#isEnded = true
    this.#error = error
    this.#idle.clear()
    for (const subscription of this.#subscriptions) subscription.end(error)
    this.#listener.ended()
  }
}
