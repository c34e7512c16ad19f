/**
 * A process that leads a session, and was started by another broker: its descendants are signalled as those of a child are, but
 * it is not ours to reap, and nobody tells how it ends.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { factsOf } from "./process-facts.ts"
import { groupLives, signalGroup } from "./process-group.ts"
import type { ProcessIdentity } from "./process-tree.ts"

/** Pause between two looks at whether it still runs. Higher: its end is noticed later. Lower: more looks. */
const LOOK_AGAIN_MS = 250

export class AdoptedChild {
  readonly #identity: ProcessIdentity
  /** Resolves once it is gone, or nobody wants to know. */
  readonly exited: Promise<void>
  readonly #stop = new AbortController()

  constructor(identity: ProcessIdentity) {
    this.#identity = identity
    this.exited = this.#watch()
  }

  get pid(): number {
    return this.#identity.pid
  }

  /** It is looked at no more. */
  release(): void {
    this.#stop.abort()
  }

  /** Whether it, or anybody of its group, is alive. */
  lives(): boolean {
    return this.#isItself() || (this.#isUnclaimed() && groupLives(this.pid))
  }

  /** Answers whether anybody was there. */
  signal(signal: NodeJS.Signals): boolean {
    return this.lives() && signalGroup(this.pid, signal)
  }

  #isItself(): boolean {
    const facts = factsOf(this.pid)
    return facts !== undefined && facts.isAlive && facts.startTime === this.#identity.startTime
  }

  /** Its number is nobody's, or a zombie's that nobody has reaped: then the group of that number is still its own. */
  #isUnclaimed(): boolean {
    const facts = factsOf(this.pid)
    return facts === undefined || facts.startTime === this.#identity.startTime
  }

  async #watch(): Promise<void> {
    try {
      while (this.#isItself()) await sleep(LOOK_AGAIN_MS, undefined, { signal: this.#stop.signal, ref: false })
    } catch {
      // Nobody wants to know.
    }
  }
}
