import { MAX_TIMER_MS } from "@spawnbroker/protocol"

/** A timer of any length, also of more than one of Node's can count. */
export class LongTimer {
  #timer: NodeJS.Timeout | undefined

  constructor(timeMs: number, act: () => void) {
    this.#arm(timeMs, act)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #arm(leftMs: number, act: () => void): void {
    const timeMs = Math.min(leftMs, MAX_TIMER_MS)
    this.#timer = setTimeout(() => (timeMs < leftMs ? this.#arm(leftMs - timeMs, act) : act()), timeMs)
  }
}
