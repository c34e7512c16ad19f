/**
 * What the work costs the main thread, and what it moves: the delay of the event loop, and bytes a second.
 *
 * The delay is how much later than due a timer fires. `monitorEventLoopDelay` records the whole time between two
 * firings, so the interval that was asked for is taken off.
 */
import * as Effect from "effect/Effect"
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks"
import type { Board } from "./Board.ts"

/** Lower finds shorter delays and wakes the thread more often. */
const RESOLUTION_MS = 10
/** How often the recent figures are renewed. Lower is livelier and jumps more. */
const SAMPLE_MS = 500
/** How many recent figures are kept for the little chart. */
const HISTORY = 40

export class Gauge {
  readonly #board: Board
  readonly #whole = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #recent = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #bytesBefore = 0
  #sampledAt = performance.now()
  /** The longest delay of each of the last samples, in milliseconds. */
  readonly history: Array<number> = []
  bytesPerSecond = 0

  constructor(board: Board) {
    this.#board = board
  }

  get longestMs(): number {
    return delayOf(this.#whole, "max")
  }
  get p99Ms(): number {
    return delayOf(this.#whole, "p99")
  }
  get nowMs(): number {
    return this.history.at(-1) ?? 0
  }

  start(): void {
    this.#whole.enable()
    this.#recent.enable()
  }

  stop(): void {
    this.#whole.disable()
    this.#recent.disable()
  }

  sample(): void {
    const now = performance.now()
    this.bytesPerSecond = ((this.#board.bytes - this.#bytesBefore) * 1000) / (now - this.#sampledAt)
    this.#bytesBefore = this.#board.bytes
    this.#sampledAt = now
    this.history.push(delayOf(this.#recent, "max"))
    if (this.history.length > HISTORY) this.history.shift()
    this.#recent.reset()
  }
}

const delayOf = (histogram: IntervalHistogram, which: "max" | "p99"): number => {
  if (histogram.count === 0) return 0
  const nanoseconds = which === "max" ? histogram.max : histogram.percentile(99)
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
}

/** A gauge that measures as long as the scope is open. */
export const runGauge = (board: Board) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const gauge = new Gauge(board)
      gauge.start()
      return { gauge, timer: setInterval(() => gauge.sample(), SAMPLE_MS) }
    }),
    ({ gauge, timer }) =>
      Effect.sync(() => {
        clearInterval(timer)
        gauge.stop()
      })
  ).pipe(Effect.map(({ gauge }) => gauge))
