import type { Target } from "./Target.ts"

export interface ForcedKillOptions {
  readonly target: Target
  readonly afterMs: number
  /** Settles when the leader has exited. */
  readonly exited: Promise<unknown>
  /** Whether members may outlive the leader, and are to be killed all the same. */
  readonly outlives: boolean
  readonly onSignal: () => void
  /** Called once: it has killed, or there is nobody left to kill, or it was cancelled. */
  readonly onOver: () => void
}

/** SIGKILL that is due after a while, unless those whom it is for have gone by then. */
export class ForcedKill {
  readonly #timer: NodeJS.Timeout
  readonly #onOver: () => void
  #isOver = false

  constructor({ target, afterMs, exited, outlives, onSignal, onOver }: ForcedKillOptions) {
    this.#onOver = onOver
    this.#timer = setTimeout(() => {
      onSignal()
      void target.signal("SIGKILL").then(() => this.cancel())
    }, afterMs)
    void exited.then(async () => {
      if (!outlives || !(await target.lives())) this.cancel()
    })
  }

  cancel(): void {
    clearTimeout(this.#timer)
    if (this.#isOver) return
    this.#isOver = true
    this.#onOver()
  }
}
