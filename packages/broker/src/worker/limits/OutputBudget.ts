import type { ByteSource } from "../spawn/Spawner.ts"

/**
 * The bytes that a process may still put out, on all its outputs together. What is over is read and thrown away, so that the
 * process can end as it is told to.
 */
export class OutputBudget {
  #left: number
  #isExceeded = false
  readonly #onExceeded: () => void

  constructor(bytes: number, onExceeded: () => void) {
    this.#left = bytes
    this.#onExceeded = onExceeded
  }

  /** The same source, up to the byte at which the budget is used up. */
  cut(source: ByteSource): ByteSource {
    return {
      start: (listener) => source.start({ ...listener, data: (chunk) => this.#pass(chunk, listener.data) }),
      pause: () => source.pause(),
      resume: () => source.resume(),
      destroy: () => source.destroy()
    }
  }

  #pass(chunk: Uint8Array, data: (chunk: Uint8Array) => void): void {
    const size = Math.min(chunk.byteLength, this.#left)
    this.#left -= size
    if (size > 0) data(size === chunk.byteLength ? chunk : chunk.subarray(0, size))
    if (size === chunk.byteLength || this.#isExceeded) return
    this.#isExceeded = true
    this.#onExceeded()
  }
}
