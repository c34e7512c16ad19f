import { SECONDS_BOUNDS } from "./seconds-bounds.ts"

/** Times that were taken, as counts. It is on the way of every start, so it is plain code. */
export class Times {
  readonly #counts = [...SECONDS_BOUNDS, Infinity].map(() => 0)
  #sum = 0
  #min = Infinity
  #max = 0

  add(seconds: number): void {
    let bucket = 0
    while (bucket < SECONDS_BOUNDS.length && seconds > SECONDS_BOUNDS[bucket]!) bucket++
    this.#counts[bucket]!++
    this.#sum += seconds
    this.#min = Math.min(this.#min, seconds)
    this.#max = Math.max(this.#max, seconds)
  }

  /** Of none, the shortest is 0, too. */
  get taken(): { counts: Array<number>; sum: number; min: number; max: number } {
    return {
      counts: [...this.#counts],
      sum: this.#sum,
      min: Number.isFinite(this.#min) ? this.#min : 0,
      max: this.#max
    }
  }
}
