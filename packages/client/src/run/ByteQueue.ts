/** Smallest and largest piece of memory that is taken at once. Larger: fewer pieces. Smaller: less that lies unused. */
const MIN_BLOCK_BYTES = 256
const MAX_BLOCK_BYTES = 65_536

/**
 * Bytes in the order in which they came, of which the oldest can be dropped.
 *
 * They are copied into blocks, so however small the pieces are in which they come, they cost little more than themselves:
 * a chunk that is kept as it is costs some 250 bytes, even if it holds one.
 */
export class ByteQueue {
  readonly #blocks: Array<Uint8Array<ArrayBuffer>> = []
  /** Where the bytes begin in the first block, and where they end in the last. */
  #from = 0
  #to = 0
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const block = this.#blockWithRoom(bytes.byteLength - at)
      const size = Math.min(bytes.byteLength - at, block.byteLength - this.#to)
      block.set(bytes.subarray(at, at + size), this.#to)
      this.#to += size
      this.#byteLength += size
      at += size
    }
  }

  pushByte(byte: number): void {
    this.#blockWithRoom(1)[this.#to++] = byte
    this.#byteLength++
  }

  /** Takes the first byte. There must be one. */
  shiftByte(): number {
    const byte = this.#blocks[0]![this.#from]!
    this.drop(1)
    return byte
  }

  /** Forgets the first bytes, so many of them. */
  drop(count: number): void {
    this.#byteLength -= count
    this.#from += count
    while (this.#blocks.length > 1 && this.#from >= this.#blocks[0]!.byteLength)
      this.#from -= this.#blocks.shift()!.byteLength
    if (this.#byteLength === 0) this.#from = this.#to
  }

  /** All of it, in a buffer of its own. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#byteLength)
    let at = 0
    for (const [index, block] of this.#blocks.entries()) {
      const from = index === 0 ? this.#from : 0
      const to = index === this.#blocks.length - 1 ? this.#to : block.byteLength
      whole.set(block.subarray(from, to), at)
      at += to - from
    }
    return whole
  }

  #blockWithRoom(wanted: number): Uint8Array<ArrayBuffer> {
    const last = this.#blocks.at(-1)
    if (last !== undefined && this.#to < last.byteLength) return last
    const size = Math.max(wanted, 2 * (last?.byteLength ?? 0), MIN_BLOCK_BYTES)
    const block = new Uint8Array(Math.min(size, MAX_BLOCK_BYTES))
    this.#blocks.push(block)
    this.#to = 0
    return block
  }
}
