import { percentile } from "./percentile.ts"

const INTERVAL_MS = 1

/**
 * How late a timer of 1 ms is, again and again: what anything else on the main thread has to wait.
 *
 * A timer and not `monitorEventLoopDelay`, which not every runtime has, and which forgets the first stall after a reset.
 */
export class Delay {
  readonly #lateMs: Array<number> = []
  #lastAt = performance.now()
  #timer = setTimeout(() => this.#tick(), INTERVAL_MS)

  #tick(): void {
    this.#note()
    this.#timer = setTimeout(() => this.#tick(), INTERVAL_MS)
  }

  #note(): void {
    const now = performance.now()
    this.#lateMs.push(Math.max(0, now - this.#lastAt - INTERVAL_MS))
    this.#lastAt = now
  }

  /** Ends it, and counts the wait that is under way. In milliseconds. */
  stop(): { readonly longest: number; readonly p99: number } {
    clearTimeout(this.#timer)
    this.#note()
    return { longest: percentile(this.#lateMs, 100), p99: percentile(this.#lateMs, 99) }
  }
}
