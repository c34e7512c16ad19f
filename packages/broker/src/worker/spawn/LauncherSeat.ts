import { setTimeout as sleep } from "node:timers/promises"
import type { Times } from "../../link/Times.ts"
import type { Launcher } from "./Launcher.ts"
import { type Spawned, SpawnError, type SpawnRequest } from "./Spawner.ts"

/** Pause before a launcher that could not be started is tried again: out of processes or descriptors, most likely. */
const RETRY_MS = 200

/** How long a launcher is waited for that is asked how it does. One that stands still must not hold up whoever asks. */
const MEASURE_TIMEOUT_MS = 500

const later = (): Promise<undefined> => sleep(MEASURE_TIMEOUT_MS, undefined, { ref: false })

/** The place of one launcher. One that has died is followed by another. */
export class LauncherSeat {
  readonly #start: () => Promise<Launcher>
  readonly #log: (message: string) => void
  #launcher: Promise<Launcher>
  #closed = false
  /** Its launcher lives. */
  isReady = false
  /** Children that are being started. */
  starting = 0
  /** How often a launcher has died here. */
  replaced = 0

  /** `start`: another launcher. */
  constructor(launcher: Launcher, start: () => Promise<Launcher>, log: (message: string) => void) {
    this.#start = start
    this.#log = log
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

  /** How late the loop of the launcher of now is, if it says so in time. */
  async measure(): Promise<Times["taken"] | undefined> {
    const launcher = await Promise.race([this.#launcher.catch(() => undefined), later()])
    return Promise.race([launcher?.measure(), later()])
  }

  async close(): Promise<void> {
    this.#closed = true
    const launcher = await this.#launcher.catch(() => undefined)
    await launcher?.close()
  }

  #watch(launcher: Launcher): void {
    this.isReady = true
    void launcher.ended.then(() => {
      this.isReady = false
      if (this.#closed) return
      this.replaced++
      void launcher.how.then((how) =>
        this.#log(`A launcher has ended (${how}), and what it had started with it. It is replaced.`)
      )
      this.#replace()
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
