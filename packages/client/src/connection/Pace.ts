import * as Effect from "effect/Effect"

/**
 * How long spawns may be begun within one turn of the loop. Each costs its thread some 50 µs, and ten times that while the
 * code is cold, so a burst of hundreds would be a stall. Higher: a burst leaves sooner. Lower: shorter turns. Measured by
 * `spawn-stall` in bench/.
 */
const TURN_BUDGET_MS = 3

/** Spreads a burst of work over turns of the event loop, first come, first served. */
export class Pace {
  #turnBeganAt = 0
  #isTurnMarked = false
  readonly #waiting: Array<() => void> = []

  /** Goes on at once, or in a later turn if this one has had its share. */
  readonly turn: Effect.Effect<void> = Effect.callback((resume) => {
    if (!this.#isTurnMarked) this.#markTurn()
    if (this.#waiting.length === 0 && this.#hasTime()) return resume(Effect.void)
    const begin = (): void => resume(Effect.void)
    this.#waiting.push(begin)
    return Effect.sync(() => {
      const place = this.#waiting.indexOf(begin)
      if (place >= 0) this.#waiting.splice(place, 1)
    })
  })

  #hasTime(): boolean {
    return performance.now() - this.#turnBeganAt < TURN_BUDGET_MS
  }

  #markTurn(): void {
    this.#isTurnMarked = true
    this.#turnBeganAt = performance.now()
    setTimeout(() => this.#nextTurn(), 0)
  }

  #nextTurn(): void {
    this.#isTurnMarked = false
    if (this.#waiting.length === 0) return
    this.#markTurn()
    // What is begun runs within this call, up to the point where it waits for the broker.
    while (this.#waiting.length > 0 && this.#hasTime()) this.#waiting.shift()!()
  }
}
