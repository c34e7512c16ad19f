import type { Launcher } from "./Launcher.ts"
import { type Spawned, SpawnError, type SpawnRequest } from "./Spawner.ts"

/** Pause before a launcher that could not be started is tried again: out of processes or descriptors, most likely. */
const RETRY_MS = 200

/** The place of one launcher. One that has died is followed by another. */
export class LauncherSeat {
  readonly #start: () => Promise<Launcher>
  #launcher: Promise<Launcher>
  #closed = false
  /** Children that are being started. */
  starting = 0

  /** `start`: another launcher. */
  constructor(launcher: Launcher, start: () => Promise<Launcher>) {
    this.#start = start
    this.#launcher = Promise.resolve(launcher)
    this.#watch(launcher)
  }

  /** Rejects with {@link SpawnError}. `chosen` is told which launcher it will be, and may throw. */
  async spawn(request: SpawnRequest, chosen: (launcher: Launcher) => void): Promise<Spawned> {
    this.starting++
    try {
      const launcher = await this.#launcher.catch(() => Promise.reject(new SpawnError("EAGAIN")))
      chosen(launcher)
      return await launcher.spawn(request)
    } finally {
      this.starting--
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const launcher = await this.#launcher.catch(() => undefined)
    await launcher?.close()
  }

  #watch(launcher: Launcher): void {
    void launcher.ended.then(() => {
      if (!this.#closed) this.#replace()
    })
  }

  #replace(): void {
    this.#launcher = this.#start()
    this.#launcher.then(
      (launcher) => this.#watch(launcher),
      () => {
        setTimeout(() => {
          if (!this.#closed) this.#replace()
        }, RETRY_MS)
      }
    )
  }
}
