import { setTimeout as sleep } from "node:timers/promises"

/** A time by which something is to be over. Whoever asks for the same can only bring it nearer. */
export class Deadline {
  #at = Infinity
  #nearer = Promise.withResolvers<void>()

  /** None: never. */
  get leftMs(): number {
    return Math.max(0, this.#at - Date.now())
  }

  bring(inMs: number): void {
    if (inMs >= this.leftMs) return
    this.#at = Date.now() + inMs
    this.#nearer.resolve()
    this.#nearer = Promise.withResolvers()
  }

  /** Waits for something, and so long after the time at most. */
  async waitFor(done: Promise<unknown>, marginMs: number): Promise<void> {
    const over = done.then(() => true)
    for (let isOver = false; !isOver;) {
      const left = this.#at + marginMs - Date.now()
      if (left <= 0) return
      const stop = new AbortController()
      const late = sleep(left, false, { signal: stop.signal, ref: false }).catch(() => false)
      isOver = await Promise.race([over, this.#nearer.promise.then(() => false), late])
      stop.abort()
    }
  }
}
