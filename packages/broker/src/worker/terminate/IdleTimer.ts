/**
 * Notices that a process says nothing: no byte of output for a given time.
 *
 * Bytes cost nothing here; the timer looks at their count when it is due. While a client does not read, so that the
 * process may be waiting for it, silence does not count.
 */
export interface Silence {
  /** Bytes of output so far. */
  readonly totalBytes: () => number
  /** Whether the process may be waiting for its client. */
  readonly isHeldUp: () => boolean
}

export class IdleTimer {
  readonly #timeoutMs: number
  readonly #silence: Silence
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number, silence: Silence, onIdle: () => void) {
    this.#timeoutMs = timeoutMs
    this.#silence = silence
    this.#onIdle = onIdle
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #arm(): void {
    const seen = this.#silence.totalBytes()
    this.#timer = setTimeout(() => {
      // Bytes may have been waiting while this thread was held up: let it look at its sockets once.
      setImmediate(() => {
        if (this.#silence.isHeldUp() || this.#silence.totalBytes() !== seen) this.#arm()
        else this.#onIdle()
      })
    }, this.#timeoutMs)
  }
}
