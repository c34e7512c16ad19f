import { concatBytes } from "@spawnbroker/protocol"
import { NEWLINE } from "../process/Incoming.ts"
import { withoutReturn } from "../process/without-return.ts"

/**
 * Bytes that have been taken from a stream and not been handed out yet: the rest of a batch.
 *
 * They outlive the reader that took them, so a loop that is broken off loses nothing.
 */
export class TakenBytes {
  readonly #chunks: Array<Uint8Array> = []
  /** So many chunks hold no newline, which need not be looked at again when more has come. */
  #searched = 0

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  get byteLength(): number {
    return this.#chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  add(chunks: ReadonlyArray<Uint8Array>): void {
    for (const chunk of chunks) if (chunk.byteLength > 0) this.#chunks.push(chunk)
  }

  takeChunk(): Uint8Array | undefined {
    this.#searched = Math.max(0, this.#searched - 1)
    return this.#chunks.shift()
  }

  takeAll(): Array<Uint8Array> {
    this.#searched = 0
    return this.#chunks.splice(0)
  }

  /** The next line without its end, if its end is there. */
  takeLine(): Uint8Array | undefined {
    for (; this.#searched < this.#chunks.length; this.#searched++) {
      const at = this.#chunks[this.#searched]!.indexOf(NEWLINE)
      if (at >= 0) return withoutReturn(this.#takeUntil(at))
    }
    return undefined
  }

  /** What is before a newline in the chunk that has just been searched, and all chunks before that one. */
  #takeUntil(newlineAt: number): Uint8Array {
    const last = this.#chunks[this.#searched]!
    const end = last.subarray(0, newlineAt)
    // Nearly every line is within one chunk, and is not copied.
    const line = this.#searched === 0 ? end : concatBytes([...this.#chunks.splice(0, this.#searched), end])
    this.#searched = 0
    if (newlineAt + 1 === last.byteLength) this.#chunks.shift()
    else this.#chunks[0] = last.subarray(newlineAt + 1)
    return line
  }
}
