/**
 * Once its process has exited, a stream without an end (a grandchild holds the pipe) is over after this long without a
 * byte. Each byte starts it again. Lower risks what a grandchild still has to say; higher delays `Closed`.
 */
const IDLE_GRACE_MS = 100

/** Tells when a stream has fallen silent. */
export class IdleGrace {
  readonly #seen: () => number | undefined
  readonly #silent: () => void
  #timer: NodeJS.Timeout | undefined

  /** `seen`: bytes that have come so far, or none while it is not read, when its silence means nothing. */
  constructor(seen: () => number | undefined, silent: () => void) {
    this.#seen = seen
    this.#silent = silent
  }

  /** From now on. */
  arm(): void {
    this.clear()
    const before = this.#seen()
    if (before === undefined) return
    this.#timer = setTimeout(() => {
      // A thread that was held up finds its timers due before it has looked at its sockets: let it look once.
      setImmediate(() => {
        if (this.#seen() === before) this.#silent()
      })
    }, IDLE_GRACE_MS)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
