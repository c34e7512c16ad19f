import { Launcher } from "./Launcher.ts"
import type { LauncherLocation } from "./run-launcher.ts"
import { type Spawned, SpawnError, type Spawner, type SpawnRequest } from "./Spawner.ts"

/**
 * Starts children through a launcher process, and a new launcher when one has died.
 *
 * A launcher's death ends the children it had started; those that come after wait for its successor.
 */
export class LauncherSpawner implements Spawner {
  readonly kind = "launcher"
  readonly #location: LauncherLocation
  #launcher: Promise<Launcher>
  #closed = false

  /** Rejects if no launcher can be started here. */
  static async start(location: LauncherLocation): Promise<LauncherSpawner> {
    return new LauncherSpawner(location, await Launcher.start(location))
  }

  private constructor(location: LauncherLocation, launcher: Launcher) {
    this.#location = location
    this.#launcher = Promise.resolve(launcher)
    this.#watch(launcher)
  }

  async spawn(request: SpawnRequest): Promise<Spawned> {
    let launcher: Launcher
    try {
      launcher = await this.#launcher
    } catch {
      throw new SpawnError("EAGAIN")
    }
    return launcher.spawn(request)
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
    this.#launcher = Launcher.start(this.#location)
    this.#launcher.then(
      (launcher) => this.#watch(launcher),
      () => {
        // Out of processes or descriptors, most likely: spawns are refused with EAGAIN, and retried, until it works.
        setTimeout(() => {
          if (!this.#closed) this.#replace()
        }, 200)
      }
    )
  }
}
