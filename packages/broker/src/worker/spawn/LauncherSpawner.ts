import { Launcher } from "./Launcher.ts"
import type { LauncherLocation } from "./run-launcher.ts"
import { isLinkEnd, type Link, type Spawned, SpawnError, type Spawner, type SpawnRequest } from "./Spawner.ts"

/**
 * Starts children through a launcher process, and a new launcher when one has died.
 *
 * A launcher's death ends the children it had started; those that come after wait for its successor.
 */
export class LauncherSpawner implements Spawner {
  readonly kind = "launcher"
  readonly #location: LauncherLocation
  #launcher: Promise<Launcher>
  /** The launcher that has a link, once it has been asked for one of its ends. */
  readonly #links = new Map<number, Launcher>()
  #lastLink = 0
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
    for (const { link } of request.stdio.filter(isLinkEnd)) this.#claimLink(link, launcher)
    return launcher.spawn(request)
  }

  openLink(): Link {
    const id = ++this.#lastLink
    return {
      id,
      close: () => {
        this.#links.get(id)?.closeLink(id)
        this.#links.delete(id)
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const launcher = await this.#launcher.catch(() => undefined)
    await launcher?.close()
  }

  /** The other end may have died with another launcher, after it has begun to run. */
  #claimLink({ id }: Link, launcher: Launcher): void {
    const owner = this.#links.get(id) ?? launcher
    if (owner !== launcher) throw new SpawnError("EPIPE")
    this.#links.set(id, launcher)
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
