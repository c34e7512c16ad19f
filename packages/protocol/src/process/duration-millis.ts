import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** What a timer of JavaScript can count to: 24.8 days. A longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647

/** Whether a time in milliseconds stands for the infinite one. */
export const isEndless = (ms: number): boolean => ms >= MAX_TIMER_MS

/**
 * A duration as milliseconds that a timer can count; the infinite one becomes the longest. What cannot be read as a
 * duration becomes `NaN`, which every schema of ours refuses at its place.
 */
export const durationMillis = (duration: Duration.Input): number =>
  Number.isNaN(duration)
    ? Number.NaN
    : Option.match(Duration.fromInput(duration), {
        onNone: () => Number.NaN,
        onSome: (parsed) => Math.min(Duration.toMillis(parsed), MAX_TIMER_MS)
      })
