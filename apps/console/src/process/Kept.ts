/** The last of what a process has put out, in the order in which it came, so that it can be shown anew and saved. */

export type StreamName = "stdout" | "stderr"

export interface Chunk {
  readonly stream: StreamName
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Neighbours of one stream are joined up to this: a process that puts out two bytes at a time is not to cost a hundred for each. */
const BLOCK_BYTES = 64 * 1024
/** What a block costs beside its bytes. */
const BLOCK_COST = 200

interface Block {
  readonly stream: StreamName
  buffer: Uint8Array<ArrayBuffer>
  length: number
}

const costOf = ({ buffer }: Block): number => buffer.byteLength + BLOCK_COST

export class Kept {
  readonly #maxBytes: number
  readonly #blockBytes: number
  #blocks: Array<Block> = []
  #cost = 0
  #bytes = 0
  #dropped = 0

  /** Over `maxBytes`, which is 1,000 at least, memory for more to come included, the oldest go. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#blockBytes = Math.min(BLOCK_BYTES, maxBytes - BLOCK_COST)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that had to go. */
  get dropped(): number {
    return this.#dropped
  }

  get chunks(): ReadonlyArray<Chunk> {
    return this.#blocks.map(({ stream, buffer, length }) => ({ stream, bytes: buffer.subarray(0, length) }))
  }

  /** One that is longer than a block is taken apart, so that no more than has to goes at a time. */
  add({ stream, bytes }: Chunk): void {
    if (bytes.byteLength <= this.#blockBytes) return this.#addShort(stream, bytes)
    for (let from = 0; from < bytes.byteLength; from += this.#blockBytes) {
      this.#addShort(stream, bytes.slice(from, from + this.#blockBytes))
    }
  }

  #addShort(stream: StreamName, bytes: Uint8Array<ArrayBuffer>): void {
    const last = this.#blocks.at(-1)
    if (last?.stream === stream && last.length + bytes.byteLength <= this.#blockBytes) this.#join(last, bytes)
    else this.#begin({ stream, buffer: bytes, length: bytes.byteLength })
    this.#bytes += bytes.byteLength
    let surplus = 0
    for (; this.#cost > this.#maxBytes && surplus < this.#blocks.length - 1; surplus++) {
      const block = this.#blocks[surplus]!
      this.#cost -= costOf(block)
      this.#bytes -= block.length
      this.#dropped += block.length
    }
    if (surplus > 0) this.#blocks.splice(0, surplus)
  }

  #begin(block: Block): void {
    this.#blocks.push(block)
    this.#cost += costOf(block)
  }

  /** Memory is doubled, so that each byte is copied a few times at most. */
  #join(block: Block, bytes: Uint8Array): void {
    const length = block.length + bytes.byteLength
    if (length > block.buffer.byteLength) {
      this.#cost -= costOf(block)
      const larger = new Uint8Array(Math.min(this.#blockBytes, Math.max(256, 2 * length)))
      larger.set(block.buffer.subarray(0, block.length))
      block.buffer = larger
      this.#cost += costOf(block)
    }
    block.buffer.set(bytes, block.length)
    block.length = length
  }
}
