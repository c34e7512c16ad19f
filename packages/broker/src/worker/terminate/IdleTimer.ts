/**
 * Notices that a process says nothing: no byte of output for a given time.
 *
 * Bytes cost nothing here; their count is looked at a few times in the given time, so that it may be over by one such step
 * before that is noticed. While a client does not read, so that the process may be waiting for it, silence does not count.
 */
export interface Silence {
  /** Bytes of output so far. */
  readonly totalBytes: () => number
  /** Whether the process may be waiting for its client. */
  readonly isHeldUp: () => boolean
}

/** Looks in the time of a silence. More: it is noticed sooner. Fewer: fewer timers. */
const LOOKS = 8

export class IdleTimer {
  readonly #timeoutMs: number
  readonly #silence: Silence
  readonly #onIdle: () => void
  #seenBytes = 0
  #silentSince = Date.now()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(timeoutMs: number, silence: Silence, onIdle: () => void) {
    this.#timeoutMs = timeoutMs
    this.#silence = silence
    this.#onIdle = onIdle
    this.#arm()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      // Bytes may have been waiting while this thread was held up: let it look at its sockets once.
      setImmediate(() => this.#look())
    }, this.#timeoutMs / LOOKS)
  }

  #look(): void {
    if (this.#isStopped) return
    const bytes = this.#silence.totalBytes()
    if (bytes !== this.#seenBytes || this.#silence.isHeldUp()) this.#silentSince = Date.now()
    this.#seenBytes = bytes
    if (Date.now() - this.#silentSince < this.#timeoutMs) this.#arm()
    else this.#onIdle()
  }
}
