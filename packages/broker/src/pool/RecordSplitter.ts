import { InputError } from "./failure-of.ts"

/** Longest line that is held until its end comes. Higher: a process without line ends costs the pool more. */
export const MAX_RECORD_BYTES = 1024 * 1024

const NEWLINE = 10

/** Cuts bytes after the last end of a line that there is, and holds what follows it until more comes. */
export class RecordSplitter {
  #begun: Buffer<ArrayBuffer>

  /** `begun`: what another has held. */
  constructor(begun: Uint8Array = new Uint8Array(0)) {
    this.#begun = Buffer.from(begun)
  }

  /** What is held. */
  get begun(): Uint8Array<ArrayBuffer> {
    return this.#begun
  }

  /** Whole lines, with their ends. The bytes are there during the step only. */
  push(bytes: Uint8Array): Buffer {
    const end = bytes.lastIndexOf(NEWLINE) + 1
    const whole = this.#begun.byteLength === 0 ? view(bytes.subarray(0, end)) : this.#complete(bytes, end)
    const rest = bytes.subarray(end)
    if (end > 0) this.#begun = Buffer.from(rest)
    else this.#begun = Buffer.concat([this.#begun, rest])
    if (this.#begun.byteLength > MAX_RECORD_BYTES) {
      throw new InputError(`there is a line of more than ${MAX_RECORD_BYTES} bytes`)
    }
    return whole
  }

  /** A last line without an end. */
  end(): Buffer {
    const last = this.#begun
    this.#begun = Buffer.alloc(0)
    return last
  }

  #complete(bytes: Uint8Array, end: number): Buffer {
    return end === 0 ? Buffer.alloc(0) : Buffer.concat([this.#begun, bytes.subarray(0, end)])
  }
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The lines of a text that ends with an end of a line, or not, without their ends. */
export const linesOf = (text: string): Array<string> => {
  const lines = text.split("\n")
  if (lines.at(-1) === "") lines.pop()
  return lines
}
