import * as Effect from "effect/Effect"

/**
 * Spawns that are begun in one turn of the loop at most. Each costs its thread some 50 µs, more while the code is cold, so a burst of
 * hundreds would be a stall. Higher: a burst leaves sooner. Lower: shorter turns. Measured by `main-stall` in bench/.
 */
const PER_TURN = 24

/** Spreads a burst of work over turns of the event loop, first come, first served. */
export class Pace {
  #begun = 0
  #isTurnMarked = false
  readonly #waiting: Array<() => void> = []

  /** Goes on at once, or in a later turn if this one has had its share. */
  readonly turn: Effect.Effect<void> = Effect.callback((resume) => {
    this.#markTurn()
    if (this.#waiting.length === 0 && this.#begun < PER_TURN) {
      this.#begun++
      return resume(Effect.void)
    }
    const begin = (): void => resume(Effect.void)
    this.#waiting.push(begin)
    return Effect.sync(() => {
      const place = this.#waiting.indexOf(begin)
      if (place >= 0) this.#waiting.splice(place, 1)
    })
  })

  #markTurn(): void {
    if (this.#isTurnMarked) return
    this.#isTurnMarked = true
    setTimeout(() => this.#nextTurn(), 0)
  }

  #nextTurn(): void {
    this.#isTurnMarked = false
    const next = this.#waiting.splice(0, PER_TURN)
    this.#begun = next.length
    if (next.length > 0) this.#markTurn()
    for (const begin of next) begin()
  }
}
