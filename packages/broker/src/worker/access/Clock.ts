import { type ClockStart, monotonicNow } from "../../link/clock-start.ts"

/**
 * The broker's clock: milliseconds since it was started.
 *
 * It runs on while the machine sleeps, as the monotonic clock does not, and is never set back, as the clock on the wall may
 * be. So a token expires in time, or early if somebody sets the clock forward.
 */
export interface Clock {
  readonly now: () => number
}

export const makeClock = (wall = Date.now, monotonic = monotonicNow, start?: ClockStart): Clock => {
  const { wall: wallStart, monotonic: monotonicStart } = start ?? { wall: wall(), monotonic: monotonic() }
  let latest = 0
  return {
    now: () => {
      latest = Math.max(latest, wall() - wallStart, monotonic() - monotonicStart)
      return latest
    }
  }
}
