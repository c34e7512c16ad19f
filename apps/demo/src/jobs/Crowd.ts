/**
 * A meeting point: nobody goes on before everybody is there.
 *
 * Short commands would be over before the last one has started. Those that read stdin can be kept: they run until their
 * input ends, and no input ends before all of them run. Whoever fails, or is skipped, leaves, and is not waited for.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export interface Party {
  /** Says that its processes run, and waits for the others. */
  readonly arrive: Effect.Effect<void>
  /** Says that it is not to be waited for. */
  readonly leave: Effect.Effect<void>
}

export class Crowd {
  readonly #latch = Latch.makeUnsafe(false)
  readonly #missing = new Set<object>()

  /** Everybody joins before the first one arrives. */
  join(): Party {
    const token = {}
    this.#missing.add(token)
    const leave = Effect.sync(() => {
      this.#missing.delete(token)
      if (this.#missing.size === 0) Latch.openUnsafe(this.#latch)
    })
    return { leave, arrive: Effect.andThen(leave, this.#latch.await) }
  }
}
