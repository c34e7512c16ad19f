import { MAX_LOG_LINE_BYTES } from "@spawnbroker/protocol"

const NEWLINE = 10
const RETURN = 13

/** Cuts a stream of bytes into lines, each with its end. A line that is too long is cut into pieces. */
export class LineSplitter {
  readonly #onLine: (line: Uint8Array) => void
  #rest: Uint8Array = new Uint8Array()

  /** `onLine` gets memory that is there during the call only. */
  constructor(onLine: (line: Uint8Array) => void) {
    this.#onLine = onLine
  }

  push(chunk: Uint8Array): void {
    let bytes = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const newline = bytes.subarray(0, MAX_LOG_LINE_BYTES).indexOf(NEWLINE)
      if (newline < 0 && bytes.byteLength < MAX_LOG_LINE_BYTES) break
      const length = newline < 0 ? MAX_LOG_LINE_BYTES : newline + 1
      this.#onLine(bytes.subarray(0, length))
      bytes = bytes.subarray(length)
    }
    this.#rest = Uint8Array.from(bytes)
  }

  /** What has come is all: the last line needs no end. */
  end(): void {
    if (this.#rest.byteLength > 0) this.#onLine(this.#rest)
    this.#rest = new Uint8Array()
  }
}

/** A line without its end. */
export const withoutEnd = (line: Uint8Array): Uint8Array => {
  if (line.at(-1) !== NEWLINE) return line
  return line.subarray(0, line.at(-2) === RETURN ? -2 : -1)
}

export const hasEnd = (line: Uint8Array): boolean => line.at(-1) === NEWLINE
