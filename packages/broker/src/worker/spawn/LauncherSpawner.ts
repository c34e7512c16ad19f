import { hasRoomForLaunchers } from "./has-room-for-launchers.ts"
import { Launcher } from "./Launcher.ts"
import { LauncherSeat } from "./LauncherSeat.ts"
import type { LauncherLocation } from "./run-launcher.ts"
import {
  isLinkEnd,
  type Link,
  type Spawned,
  SpawnError,
  type Spawner,
  type SpawnerHealth,
  type SpawnRequest
} from "./Spawner.ts"

/**
 * Starts children through launcher processes: one at first, more once several starts are under way at a time.
 *
 * A launcher's death ends the children it had started; those that come after wait for its successor.
 */
export class LauncherSpawner implements Spawner {
  readonly kind = "launcher"
  readonly #start: () => Promise<Launcher>
  readonly #most: number
  readonly #log: (message: string) => void
  readonly #seats: Array<LauncherSeat>
  #growing: Promise<void> | undefined
  /** Who has a link, once one of its ends has been asked for. */
  readonly #links = new Map<number, { readonly seat: LauncherSeat; readonly launcher?: Launcher }>()
  #lastLink = 0
  #closed = false

  /** `most`: launchers at most. `mark`: of the broker; each launcher has one of its own. Rejects if none can be started here. */
  static async start(
    location: LauncherLocation,
    most: number,
    mark: string,
    log: (message: string) => void
  ): Promise<LauncherSpawner> {
    let started = 0
    const start = () => Launcher.start(location, `${mark}.${++started}`)
    return new LauncherSpawner(start, most, await start(), log)
  }

  private constructor(
    start: () => Promise<Launcher>,
    most: number,
    launcher: Launcher,
    log: (message: string) => void
  ) {
    this.#start = start
    this.#most = most > 1 && hasRoomForLaunchers() ? most : 1
    this.#log = log
    this.#seats = [this.#seatFor(launcher)]
  }

  #seatFor(launcher: Launcher): LauncherSeat {
    return new LauncherSeat(launcher, this.#start, this.#log)
  }

  get launchers(): number {
    return this.#seats.filter(({ isReady }) => isReady).length
  }

  spawn(request: SpawnRequest): Promise<Spawned> {
    const links = request.stdio.filter(isLinkEnd).map(({ link }) => link.id)
    const seat = this.#seatOf(links) ?? this.#idlest()
    // Now: the other end may be asked for before this one has its launcher.
    for (const id of links) this.#links.set(id, { seat, ...this.#links.get(id) })
    return seat.spawn(request, (launcher) => {
      for (const id of links) this.#claimLink(id, seat, launcher)
    })
  }

  openLink(): Link {
    const id = ++this.#lastLink
    return {
      id,
      close: () => {
        this.#links.get(id)?.launcher?.closeLink(id)
        this.#links.delete(id)
      }
    }
  }

  async health(): Promise<SpawnerHealth> {
    const measured = await Promise.all(this.#seats.map((seat) => seat.measure()))
    return {
      replaced: this.#seats.reduce((sum, { replaced }) => sum + replaced, 0),
      launchers: measured.flatMap((loopDelay, seat) => (loopDelay === undefined ? [] : [{ seat, loopDelay }]))
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#growing
    await Promise.all(this.#seats.map((seat) => seat.close()))
  }

  #idlest(): LauncherSeat {
    const idlest = this.#seats.reduce((best, seat) => (seat.starting < best.starting ? seat : best))
    if (idlest.starting > 0 && this.#seats.length < this.#most) this.#grow()
    return idlest
  }

  /** One launcher more, if the machine has room for it; nobody waits for it. */
  #grow(): void {
    if (this.#closed) return
    this.#growing ??= this.#start()
      .then((launcher) => void this.#seats.push(this.#seatFor(launcher)))
      .catch(() => {})
      .finally(() => (this.#growing = undefined))
  }

  #seatOf(links: ReadonlyArray<number>): LauncherSeat | undefined {
    for (const id of links) if (this.#links.has(id)) return this.#links.get(id)!.seat
    return undefined
  }

  /** The other end may have died with another launcher, after it has begun to run. */
  #claimLink(id: number, seat: LauncherSeat, launcher: Launcher): void {
    const owner = this.#links.get(id)?.launcher ?? launcher
    if (owner !== launcher) throw new SpawnError("EPIPE")
    this.#links.set(id, { seat, launcher })
  }
}
