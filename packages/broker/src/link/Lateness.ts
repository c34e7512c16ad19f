import { Times } from "./Times.ts"

/**
 * How late a loop is, as whatever comes at any moment would find it: at each beat, by how much that is later than it should be.
 *
 * A stall that falls between two beats is not seen, one of half their distance every other time.
 */
export class Lateness {
  readonly #everyMs: number
  readonly #times = new Times()
  #last = performance.now()

  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  beat(): void {
    const now = performance.now()
    this.#times.add(Math.max(0, now - this.#last - this.#everyMs) / 1000)
    this.#last = now
  }

  get taken(): Times["taken"] {
    return this.#times.taken
  }
}
