import { concatBytes } from "@spawnbroker/protocol"
import { type Incoming, NEWLINE } from "../process/Incoming.ts"

/** Longest message that is waited for. Higher lets a child that never ends one cost its client more memory. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/**
 * The lines of a channel as they come. What has come of a line outlives the reader that took it.
 */
export class MessageLines {
  readonly #incoming: Incoming
  #parts: Array<Uint8Array> = []
  #length = 0
  /** What comes up to the next newline is the rest of a line whose beginning is gone. */
  #isSkipping = false

  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  /** The next line with its end, if that has come; once for a line that is too long, that it is. */
  take(): Uint8Array | "too long" | undefined {
    while (this.#incoming.first !== undefined) {
      if (this.#incoming.first.isAfterGap) this.#skip()
      const part = this.#incoming.takeLinePart()
      const isLast = part.at(-1) === NEWLINE
      if (this.#isSkipping) {
        this.#isSkipping = !isLast
        continue
      }
      this.#parts.push(part)
      this.#length += part.byteLength
      if (this.#length > MAX_MESSAGE_BYTES) {
        this.#skip()
        this.#isSkipping = !isLast
        return "too long"
      }
      if (isLast) return this.#takeParts()
    }
    return undefined
  }

  #takeParts(): Uint8Array {
    const line = this.#parts.length === 1 ? this.#parts[0]! : concatBytes(this.#parts)
    this.#forget()
    return line
  }

  #skip(): void {
    this.#forget()
    this.#isSkipping = true
  }

  #forget(): void {
    this.#parts = []
    this.#length = 0
  }
}
