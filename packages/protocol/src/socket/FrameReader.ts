/**
 * Frames out of a stream of bytes.
 *
 * | part | size | what |
 * |---|---|---|
 * | length | 4, big-endian | bytes of all that follows |
 * | port | 4, big-endian | which port of the connection it is about |
 * | kind | 1 | 0: a message. 1: the port has closed |
 * | body | length − 5 | of a message: `message-bytes.ts` |
 */
import { concatBytes } from "../wire/copy-bytes.ts"

export const FrameKind = { message: 0, closed: 1 } as const

/** Bytes of a frame before its body. */
const HEAD_BYTES = 9

export interface SocketFrame {
  readonly port: number
  readonly kind: number
  readonly body: Uint8Array
}

export const frameHead = (port: number, kind: number, bodyBytes: number): Uint8Array => {
  const head = new Uint8Array(HEAD_BYTES)
  const view = new DataView(head.buffer)
  view.setUint32(0, HEAD_BYTES - 4 + bodyBytes)
  view.setUint32(4, port)
  view.setUint8(8, kind)
  return head
}

/** What a frame claims to be long costs nothing: memory is taken as its bytes come, and never for more than the limit. */
export class FrameReader {
  readonly #maxBytes: number
  #chunks: Array<Uint8Array> = []
  #bytes = 0
  /** Bytes up to the end of the first frame, once its length is known. */
  #frameEnd = HEAD_BYTES

  constructor(maxBodyBytes: number) {
    this.#maxBytes = maxBodyBytes + HEAD_BYTES
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
  }

  /** The next frame, if it is whole. Throws where there is none that is no longer than the limit. */
  take(): SocketFrame | undefined {
    if (this.#bytes < this.#frameEnd) return undefined
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : concatBytes(this.#chunks)
    this.#chunks = [all]
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength)
    this.#frameEnd = 4 + view.getUint32(0)
    if (this.#frameEnd < HEAD_BYTES || this.#frameEnd > this.#maxBytes) throw new TypeError("A frame is of no size.")
    if (this.#bytes < this.#frameEnd) return undefined
    const frame = {
      port: view.getUint32(4),
      kind: view.getUint8(8),
      body: all.subarray(HEAD_BYTES, this.#frameEnd)
    }
    this.#chunks = this.#bytes === this.#frameEnd ? [] : [all.subarray(this.#frameEnd)]
    this.#bytes -= this.#frameEnd
    this.#frameEnd = HEAD_BYTES
    return frame
  }
}
