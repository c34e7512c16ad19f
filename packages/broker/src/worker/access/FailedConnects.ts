/**
 * How many wrong tokens have been presented lately, by all connections together, and what follows from it.
 *
 * Nobody can guess 256 bits; what wrong tokens can do is to cost the broker time, and to fill its log. So the answer to
 * a wrong token comes later the more of them there were, up to a limit, after which it says no more than that. A right
 * token never waits: it is looked at first, and whoever presents it is served as ever.
 */
import { LimitExceeded } from "@spawnbroker/protocol"
import type { Clock } from "./Clock.ts"

/** Failures that cost nothing: somebody has started with an old token, or with another broker's. */
const FREE = 50
/** Failures after which none is told the reason any more. */
export const MAX_FAILED_CONNECTS_LATELY = 200
/** One failure is forgotten after this time. Longer: later answers. */
const FORGET_MS = 1000
const FIRST_DELAY_MS = 10
/** Longest delay. Longer: more answers that wait at a time. */
const MAX_DELAY_MS = 2000

export interface FailedConnect {
  /** How long its answer is to wait. */
  readonly delayMs: number
  /** What is answered in the place of the reason. */
  readonly refusal: LimitExceeded | undefined
}

export class FailedConnects {
  readonly #clock: Clock
  #count = 0
  #countedAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes another one. */
  note(): FailedConnect {
    const now = this.#clock.now()
    this.#count = Math.max(0, this.#count - (now - this.#countedAt) / FORGET_MS) + 1
    this.#countedAt = now
    // It grows no further, so that it is back after some minutes, however many there were.
    const isTooMany = this.#count > MAX_FAILED_CONNECTS_LATELY
    this.#count = Math.min(this.#count, MAX_FAILED_CONNECTS_LATELY + FREE)
    const over = this.#count - FREE
    const delayMs = over <= 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** Math.min(over, 16), MAX_DELAY_MS)
    const refusal = new LimitExceeded({ limit: "failedConnects", maximum: MAX_FAILED_CONNECTS_LATELY })
    return { delayMs, refusal: isTooMany ? refusal : undefined }
  }
}
