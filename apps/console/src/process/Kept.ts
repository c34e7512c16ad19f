/** The last of what a process has put out, in the order in which it came, so that it can be shown anew and saved. */

export type StreamName = "stdout" | "stderr"

export interface Chunk {
  readonly stream: StreamName
  readonly bytes: Uint8Array<ArrayBuffer>
}

export class Kept {
  readonly #maxBytes: number
  #chunks: Array<Chunk> = []
  #bytes = 0
  #dropped = 0

  /** Over `maxBytes` the oldest go. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that had to go. */
  get dropped(): number {
    return this.#dropped
  }

  get chunks(): ReadonlyArray<Chunk> {
    return this.#chunks
  }

  add(chunk: Chunk): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.bytes.byteLength
    let surplus = 0
    for (; this.#bytes > this.#maxBytes && surplus < this.#chunks.length - 1; surplus++) {
      const { byteLength } = this.#chunks[surplus]!.bytes
      this.#bytes -= byteLength
      this.#dropped += byteLength
    }
    if (surplus > 0) this.#chunks.splice(0, surplus)
  }
}
