/**
 * Draws on a terminal, one piece after the other, each once the one before it is there. The terminal has a queue of its own, but
 * that cannot be emptied, and what is too much for it is thrown away.
 */
import type { Terminal } from "@xterm/xterm"

/** Bytes that are given to the terminal at a time. Higher: fewer turns. Lower: the page answers sooner. */
const PIECE_BYTES = 64 * 1024

interface Step {
  readonly isReset: boolean
  readonly pieces: ReadonlyArray<Uint8Array | string>
  readonly done: () => void
}

const nothing = (): void => {}

export class Pen {
  readonly #terminal: Terminal
  #waiting: Array<Step> = []
  #isDrawing = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Bytes, with what stands before and after them. `done`: they are there, or were left out. */
  draw(bytes: Uint8Array, [before, after]: readonly [string, string] = ["", ""], done = nothing): void {
    let from = 0
    do {
      const to = from + PIECE_BYTES
      const isLast = to >= bytes.byteLength
      const pieces = [from === 0 ? before : "", bytes.subarray(from, to), isLast ? after : ""]
      this.#waiting.push({ isReset: false, pieces, done: isLast ? done : nothing })
      from = to
    } while (from < bytes.byteLength)
    this.#begin()
  }

  /** A line of the console's own. */
  remark(text: string): void {
    this.#waiting.push({ isReset: false, pieces: [`\u001b[2m… ${text} …\u001b[22m\r\n`], done: nothing })
    this.#begin()
  }

  /** What waits is left out, and what follows begins on an empty terminal. */
  startOver(): void {
    const left = this.#waiting
    this.#waiting = [{ isReset: true, pieces: [""], done: nothing }]
    for (const { done } of left) done()
    this.#begin()
  }

  #begin(): void {
    if (!this.#isDrawing) this.#next()
  }

  #next(): void {
    const step = this.#waiting.shift()
    this.#isDrawing = step !== undefined
    if (step === undefined) return
    if (step.isReset) this.#terminal.reset()
    const last = step.pieces.length - 1
    for (const [index, piece] of step.pieces.entries()) {
      if (index < last) this.#terminal.write(piece)
      else
        this.#terminal.write(piece, () => {
          step.done()
          this.#next()
        })
    }
  }
}
