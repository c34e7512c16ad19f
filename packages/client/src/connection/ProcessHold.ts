import type { KeepAlive } from "@spawnbroker/protocol"

/**
 * What one process does to the event loop of its client's thread: it keeps it alive while it runs, and while somebody
 * waits for what is still to come of it; not at all while it is unreferenced.
 */
export class ProcessHold {
  readonly #keepAlive: KeepAlive
  #reasons = 0
  #isReferenced = true
  #isHeld = false

  constructor(keepAlive: KeepAlive) {
    this.#keepAlive = keepAlive
  }

  /** Counts the reasons to wait. */
  add(by: 1 | -1): void {
    this.#reasons += by
    this.#settle()
  }

  reference(isReferenced: boolean): void {
    this.#isReferenced = isReferenced
    this.#settle()
  }

  #settle(): void {
    const isHeld = this.#isReferenced && this.#reasons > 0
    if (isHeld === this.#isHeld) return
    this.#isHeld = isHeld
    if (isHeld) this.#keepAlive.hold()
    else this.#keepAlive.release()
  }
}
