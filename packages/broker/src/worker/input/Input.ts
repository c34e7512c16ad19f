/**
 * The input of a child: what the client sends within its credit, handed to the child's stdin.
 */
import { returnThreshold, STDIN_CREDIT_BYTES } from "@spawnbroker/protocol"
import type { ByteSink } from "../spawn/Spawner.ts"

export interface InputListener {
  /** The child's pipe has taken so many bytes. */
  readonly credit: (bytes: number) => void
  /** The child reads no more. */
  readonly closed: (errno: string | undefined) => void
}

export class Input {
  readonly #sink: ByteSink
  readonly #listener: InputListener
  #credit = STDIN_CREDIT_BYTES
  #taken = 0
  #over = false
  /** Bytes that the child's pipe has taken. */
  totalBytes = 0

  constructor(sink: ByteSink, listener: InputListener) {
    this.#sink = sink
    this.#listener = listener
    sink.onClosed((errno) => this.#closed(errno))
  }

  /** Answers false if the client has sent more than its credit: a breach, after which nothing more is taken. */
  write(chunk: Uint8Array): boolean {
    const size = chunk.byteLength
    // An empty one would cost no credit, and still wait in memory.
    if (this.#over || size === 0) return true
    this.#credit -= size
    if (this.#credit < 0) {
      this.#sink.destroy()
      return false
    }
    this.#sink.write(chunk, () => this.#took(size))
    return true
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    this.#sink.end()
  }

  destroy(): void {
    this.#over = true
    this.#sink.destroy()
  }

  #took(bytes: number): void {
    this.totalBytes += bytes
    this.#taken += bytes
    if (this.#taken < returnThreshold(STDIN_CREDIT_BYTES)) return
    this.#credit += this.#taken
    this.#listener.credit(this.#taken)
    this.#taken = 0
  }

  #closed(errno: string | undefined): void {
    this.#over = true
    this.#listener.closed(errno)
  }
}
