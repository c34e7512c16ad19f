import { Io, LimitExceeded } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { InvalidUtf8 } from "../process/decode-text.ts"
import { NEWLINE } from "../process/Incoming.ts"
import { MAX_LINE_BYTES } from "../process/read.ts"
import { withoutReturn } from "../process/without-return.ts"
import { ByteQueue } from "./ByteQueue.ts"
import type { OutputName, Piece } from "./Piece.ts"

/** One line of a process, without its end (`\n`, `\r\n`), and the stream on which it was said. */
export interface Line {
  readonly text: string
  readonly from: OutputName
}

type Deliver<E, R> = (line: Line) => Effect.Effect<unknown, E, R>

/**
 * Delivers the lines of both streams as their ends arrive, one at a time. The last line of a stream needs no end.
 *
 * **Errors**: whatever `deliver` fails with; `LimitExceeded` for a line longer than 16 MiB; `Io` with `EILSEQ` for one that
 * is not UTF-8, where that was asked for.
 */
export class Lines<E, R> {
  readonly #deliver: Deliver<E, R>
  readonly #decoder: InstanceType<typeof TextDecoder>
  /** What has come of a line whose end has not. */
  readonly #begun = { stdout: new ByteQueue(), stderr: new ByteQueue() }

  constructor(deliver: Deliver<E, R>, invalidUtf8: InvalidUtf8) {
    this.#deliver = deliver
    this.#decoder = new TextDecoder("utf-8", { fatal: invalidUtf8 === "fail", ignoreBOM: true })
  }

  add({ from, bytes }: Piece): Effect.Effect<void, E | Io | LimitExceeded, R> {
    let at = 0
    return Effect.whileLoop({
      while: () => at < bytes.byteLength,
      body: (): Effect.Effect<unknown, E | Io | LimitExceeded, R> => {
        const end = bytes.indexOf(NEWLINE, at)
        const part = bytes.subarray(at, end < 0 ? bytes.byteLength : end)
        at = end < 0 ? bytes.byteLength : end + 1
        return end < 0 ? this.#begin(from, part) : this.#finish(from, part)
      },
      step: () => {}
    })
  }

  /** No more will come. */
  readonly end: Effect.Effect<void, E | Io | LimitExceeded, R> = Effect.suspend(() =>
    Effect.forEach(
      ["stdout", "stderr"] as const,
      (from) => (this.#begun[from].byteLength > 0 ? this.#finish(from, new Uint8Array()) : Effect.void),
      { discard: true }
    )
  )

  #begin(from: OutputName, part: Uint8Array): Effect.Effect<void, LimitExceeded> {
    this.#begun[from].push(part)
    return this.#begun[from].byteLength <= MAX_LINE_BYTES
      ? Effect.void
      : Effect.fail(new LimitExceeded({ limit: "lineBytes", maximum: MAX_LINE_BYTES }))
  }

  #finish(from: OutputName, part: Uint8Array): Effect.Effect<unknown, E | Io, R> {
    let text: string
    try {
      text = this.#decoder.decode(withoutReturn(this.#join(from, part)))
    } catch {
      return Effect.fail(new Io({ operation: "read", stream: from, errno: "EILSEQ" }))
    }
    return this.#deliver({ text, from })
  }

  /** Nearly every line is within one chunk, and is not copied. */
  #join(from: OutputName, part: Uint8Array): Uint8Array {
    const begun = this.#begun[from]
    if (begun.byteLength === 0) return part
    begun.push(part)
    this.#begun[from] = new ByteQueue()
    return begun.toBytes()
  }
}
