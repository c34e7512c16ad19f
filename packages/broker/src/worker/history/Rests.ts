import { performance, type EventLoopUtilization } from "node:perf_hooks"

/** How long something may take before it has to rest. Longer: less of what is short is ever held up. */
const FREE_MS = 100
/** How long it runs between two rests. Shorter: each rest is two signals, and what it has in the caches is read again each time. */
const RUN_MS = 50
/** How long it rests. Longer: it takes less of the machine, and longer. */
const REST_MS = 250
/** How busy this thread must be for it to rest. Higher: it rests less often. */
const MIN_BUSY = 0.1

/**
 * Has a process rest, most of the time, where it takes long while this thread has much to do.
 *
 * Whoever runs only while nobody else wants to still takes something of those who do: what is in the caches, and the moments in
 * which a core would have waited for the next of them. Beside two busy cores that is 12 to 15 % of what they do, and with these
 * rests 4 to 6.
 */
export class Rests {
  readonly #signal: (signal: "SIGSTOP" | "SIGCONT") => void
  #timer: NodeJS.Timeout | undefined
  #isResting = false
  #before: EventLoopUtilization = performance.eventLoopUtilization()

  constructor(signal: (signal: "SIGSTOP" | "SIGCONT") => void) {
    this.#signal = signal
  }

  /** It has something to do. */
  begin(): void {
    this.end()
    this.#runFor(FREE_MS)
  }

  /** It has done it, or is to be ended. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wake()
  }

  #runFor(ms: number): void {
    this.#before = performance.eventLoopUtilization()
    this.#timer = setTimeout(() => this.#restIfBusy(), ms).unref()
  }

  #restIfBusy(): void {
    if (performance.eventLoopUtilization(this.#before).utilization < MIN_BUSY) return this.#runFor(RUN_MS)
    this.#isResting = true
    this.#signal("SIGSTOP")
    this.#timer = setTimeout(() => {
      this.#wake()
      this.#runFor(RUN_MS)
    }, REST_MS).unref()
  }

  #wake(): void {
    if (!this.#isResting) return
    this.#isResting = false
    this.#signal("SIGCONT")
  }
}
