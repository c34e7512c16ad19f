import type { ByteSink } from "../spawn/Spawner.ts"

/** The host's stdout or stderr, which all its writers share. None of them can end it. */
export class HostOutput {
  readonly #sink: ByteSink
  readonly #shares = new Set<HostOutputShare>()
  #isBroken = false

  constructor(sink: ByteSink) {
    this.#sink = sink
    sink.onClosed((errno) => {
      this.#isBroken = true
      for (const share of this.#shares) share.broke(errno)
    })
  }

  /** It takes nothing any more. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  open(): HostOutputShare {
    const share: HostOutputShare = new HostOutputShare(this.#sink, () => this.#shares.delete(share))
    this.#shares.add(share)
    return share
  }

  /** All that has been written has been taken. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#shares].map((share) => share.flushed()))
  }

  close(): void {
    this.#sink.destroy()
  }
}

/** What one client writes. It is forgotten once that client has left and all of it has been taken. */
export class HostOutputShare implements ByteSink {
  readonly #sink: ByteSink
  readonly #forget: () => void
  #onClosed = (_errno: string | undefined): void => {}
  /** Called once all of it has been taken, or never will be. */
  readonly #waiting: Array<() => void> = []
  #pending = 0
  #isBroken = false

  constructor(sink: ByteSink, forget: () => void) {
    this.#sink = sink
    this.#forget = forget
  }

  write(chunk: Uint8Array, written: () => void): void {
    this.#pending++
    this.#sink.write(chunk, () => {
      this.#pending--
      written()
      this.#settle()
    })
  }

  onClosed(listener: (errno: string | undefined) => void): void {
    this.#onClosed = listener
  }

  /** The stream itself goes on. Its end is this client's only, and comes once all of it has been taken. */
  end(): void {
    this.#whenTaken(() => {
      if (!this.#isBroken) this.#onClosed(undefined)
    })
  }

  /** What has been written stands. */
  destroy(): void {}

  flushed(): Promise<void> {
    return new Promise((resolve) => this.#whenTaken(resolve))
  }

  leave(): void {
    this.#whenTaken(this.#forget)
  }

  broke(errno = "EPIPE"): void {
    this.#isBroken = true
    this.#pending = 0
    this.#settle()
    this.#onClosed(errno)
  }

  #whenTaken(run: () => void): void {
    this.#waiting.push(run)
    this.#settle()
  }

  #settle(): void {
    if (this.#pending === 0) for (const run of this.#waiting.splice(0)) run()
  }
}
