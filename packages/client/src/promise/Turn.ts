import * as Effect from "effect/Effect"

/**
 * How long a loop over what has arrived may keep its thread to itself. Promises alone never let timers and messages in,
 * however many of them are awaited. Higher: fewer pauses, longer stalls. Lower: the reverse.
 */
const TURN_MS = 4

/** One reader's share of a turn of the event loop. */
export class Turn {
  #since = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#since > TURN_MS
  }

  /** Lets the event loop go round once. */
  async next(): Promise<void> {
    await Effect.runPromise(Effect.yieldNow)
    this.#since = performance.now()
  }
}
