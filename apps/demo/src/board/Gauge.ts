/**
 * What the work costs the main thread, and what it moves: the delay of the event loop, and bytes a second.
 *
 * The delay is how much later than due a timer fires. For the whole run it comes from `monitorEventLoopDelay`, which
 * records the time between two firings, so the interval that was asked for is taken off. The recent one has a timer of
 * its own, since that histogram misses the first stall after each `reset`.
 */
import * as Effect from "effect/Effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import type { Board } from "./Board.ts"

/** Lower finds shorter delays and wakes the thread more often. */
const RESOLUTION_MS = 10
/** How often the recent figures are renewed. Lower is livelier and jumps more. */
const SAMPLE_MS = 500
/** How many recent figures are kept for the little chart. */
const HISTORY = 60

export class Gauge {
  readonly #board: Board
  readonly #whole = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #probe: Probe
  #bytesBefore = 0
  #sampledAt = performance.now()
  /** The longest delay of each of the last samples, in milliseconds. */
  readonly history: Array<number> = []
  bytesPerSecond = 0
  readonly #sampler: NodeJS.Timeout

  constructor(board: Board) {
    this.#board = board
    this.#probe = new Probe()
    this.#whole.enable()
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  get longestMs(): number {
    return this.#whole.count === 0 ? 0 : lateness(this.#whole.max)
  }
  get p99Ms(): number {
    return this.#whole.count === 0 ? 0 : lateness(this.#whole.percentile(99))
  }
  get nowMs(): number {
    return this.history.at(-1) ?? 0
  }

  stop(): void {
    clearInterval(this.#sampler)
    this.#probe.stop()
    this.#whole.disable()
  }

  #sample(): void {
    const now = performance.now()
    this.bytesPerSecond = ((this.#board.bytes - this.#bytesBefore) * 1000) / (now - this.#sampledAt)
    this.#bytesBefore = this.#board.bytes
    this.#sampledAt = now
    this.history.push(this.#probe.takeLongest())
    if (this.history.length > HISTORY) this.history.shift()
  }
}

const lateness = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)

/** A timer that notes how late it fires. */
class Probe {
  #dueAt = performance.now() + RESOLUTION_MS
  #longestMs = 0
  readonly #timer = setInterval(() => this.#tick(), RESOLUTION_MS)

  /** The longest delay since the last call. */
  takeLongest(): number {
    const longest = this.#longestMs
    this.#longestMs = 0
    return longest
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const now = performance.now()
    this.#longestMs = Math.max(this.#longestMs, now - this.#dueAt)
    this.#dueAt = now + RESOLUTION_MS
  }
}

/** A gauge that measures as long as the scope is open. */
export const runGauge = (board: Board) =>
  Effect.acquireRelease(
    Effect.sync(() => new Gauge(board)),
    (gauge) => Effect.sync(() => gauge.stop())
  )
