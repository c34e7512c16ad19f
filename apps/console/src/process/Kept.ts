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
  #blocks: Array<Block> = []
  #cost = 0
  #bytes = 0
  #dropped = 0

  /** Over `maxBytes`, memory for more to come included, the oldest go. */
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
    return this.#blocks.map(({ stream, buffer, length }) => ({ stream, bytes: buffer.subarray(0, length) }))
  }

  add({ stream, bytes: all }: Chunk): void {
    // Of one that is too long by itself, its last bytes, and nothing of what was before.
    const bytes = all.subarray(Math.max(0, all.byteLength - this.#maxBytes + BLOCK_COST))
    const surplusBytes = all.byteLength - bytes.byteLength
    this.#dropped += surplusBytes
    if (surplusBytes > 0) this.#drop(this.#blocks.length)
    const last = this.#blocks.at(-1)
    if (last?.stream === stream && last.length + bytes.byteLength <= BLOCK_BYTES) this.#join(last, bytes)
    else this.#begin({ stream, buffer: bytes, length: bytes.byteLength })
    this.#bytes += bytes.byteLength
    let surplus = 0
    for (let cost = this.#cost; cost > this.#maxBytes && surplus < this.#blocks.length - 1; surplus++) {
      cost -= costOf(this.#blocks[surplus]!)
    }
    if (surplus > 0) this.#drop(surplus)
  }

  /** So many of the oldest. */
  #drop(count: number): void {
    for (const block of this.#blocks.splice(0, count)) {
      this.#cost -= costOf(block)
      this.#bytes -= block.length
      this.#dropped += block.length
    }
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
      const larger = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(256, 2 * length)))
      larger.set(block.buffer.subarray(0, block.length))
      block.buffer = larger
      this.#cost += costOf(block)
    }
    block.buffer.set(bytes, block.length)
    block.length = length
  }
}
