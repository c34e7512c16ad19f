/**
 * The last bytes that came out of a process, of all its streams in the order in which they came, for whoever attaches or
 * asks later.
 *
 * This is on the byte path: each chunk is copied once, into one ring that grows with what there is to keep.
 */
import { copyBytes, type Fd } from "@spawnbroker/protocol"

/** A stretch of one stream. Its bytes are a copy. */
export interface ReplayPiece {
  readonly fd: Fd
  /** Bytes of the stream before it. */
  readonly offset: number
  readonly arrival: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface Segment {
  readonly fd: Fd
  offset: number
  arrival: number
  length: number
}

/** Segments of one stream grow to so many bytes, so that each fits a frame. */
const MAX_SEGMENT_BYTES = 256 * 1024
/** Segments that are kept. A process that says a byte here and a byte there keeps fewer bytes than it could. */
const MAX_SEGMENTS = 4096
/** The ring's first size. It doubles as needed. */
const FIRST_BYTES = 1024

export class Replay {
  readonly #capacity: number
  #ring: Uint8Array = new Uint8Array(0)
  /** Where in the ring the first kept byte is. */
  #first = 0
  #length = 0
  #segments: Array<Segment> = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Bytes of memory that it holds. */
  get byteLength(): number {
    return this.#ring.byteLength
  }

  add(fd: Fd, offset: number, arrival: number, chunk: Uint8Array): void {
    if (this.#capacity === 0 || chunk.byteLength === 0) return
    const surplus = Math.max(0, chunk.byteLength - this.#capacity)
    const bytes = surplus === 0 ? chunk : chunk.subarray(surplus)
    this.#makeRoom(bytes.byteLength)
    this.#write(bytes)
    const last = this.#segments.at(-1)
    if (last !== undefined && this.#continues(last, fd, offset + surplus, bytes.byteLength)) {
      last.length += bytes.byteLength
      // Of the youngest byte: what is older than that is all before it.
      last.arrival = arrival
    } else {
      this.#segments.push({ fd, offset: offset + surplus, arrival, length: bytes.byteLength })
      if (this.#segments.length > MAX_SEGMENTS) this.#drop(this.#segments[0]!.length)
    }
  }

  /** What is kept, oldest first; of one stream, or from an offset of each. */
  read(isWanted: (fd: Fd) => boolean, from: (fd: Fd) => number = () => 0): ReadonlyArray<ReplayPiece> {
    const pieces: Array<ReplayPiece> = []
    let at = 0
    for (const { fd, offset, arrival, length } of this.#segments) {
      const skipped = Math.min(length, Math.max(0, from(fd) - offset))
      if (isWanted(fd) && skipped < length) {
        pieces.push({ fd, offset: offset + skipped, arrival, bytes: this.#copy(at + skipped, length - skipped) })
      }
      at += length
    }
    return pieces
  }

  #continues(last: Segment, fd: Fd, offset: number, length: number): boolean {
    return last.fd === fd && last.offset + last.length === offset && last.length + length <= MAX_SEGMENT_BYTES
  }

  #makeRoom(bytes: number): void {
    const surplus = this.#length + bytes - this.#capacity
    if (surplus > 0) this.#drop(surplus)
    if (this.#length + bytes > this.#ring.byteLength) this.#grow(this.#length + bytes)
  }

  #drop(bytes: number): void {
    this.#first = (this.#first + bytes) % Math.max(1, this.#ring.byteLength)
    this.#length -= bytes
    let left = bytes
    let gone = 0
    while (left > 0) {
      const segment = this.#segments[gone]!
      const dropped = Math.min(left, segment.length)
      segment.offset += dropped
      segment.length -= dropped
      left -= dropped
      if (segment.length === 0) gone++
    }
    if (gone > 0) this.#segments.splice(0, gone)
  }

  #grow(needed: number): void {
    let size = Math.max(FIRST_BYTES, this.#ring.byteLength)
    while (size < needed) size *= 2
    const kept = this.#copy(0, this.#length)
    this.#ring = new Uint8Array(Math.min(size, this.#capacity))
    this.#ring.set(kept)
    this.#first = 0
  }

  #write(bytes: Uint8Array): void {
    const size = this.#ring.byteLength
    const at = (this.#first + this.#length) % size
    const before = Math.min(bytes.byteLength, size - at)
    this.#ring.set(before === bytes.byteLength ? bytes : bytes.subarray(0, before), at)
    if (before < bytes.byteLength) this.#ring.set(bytes.subarray(before), 0)
    this.#length += bytes.byteLength
  }

  #copy(from: number, length: number): Uint8Array<ArrayBuffer> {
    const size = this.#ring.byteLength
    const at = size === 0 ? 0 : (this.#first + from) % size
    const before = Math.min(length, size - at)
    if (before === length) return copyBytes(this.#ring, at, at + length)
    const whole = new Uint8Array(length)
    whole.set(this.#ring.subarray(at, size))
    whole.set(this.#ring.subarray(0, length - before), before)
    return whole
  }
}
