/**
 * Looks after the limits that no kernel counts for a whole tree: memory, processes, processor time.
 *
 * One timer for all processes that have such limits, and none where none has. A look reads /proc once, whatever the number of
 * those processes, and what it takes is kept to a small part of this thread's time: where it takes long, the next comes later.
 */
import {
  type Everybody,
  lookAtEverybody,
  membersAmong,
  type ProcessIdentity,
  straysOf
} from "../../child/process-tree.ts"
import type { EffectiveLimits } from "../access/combine-limits.ts"
import { cpuSecondsOf, residentBytesAtMost, residentBytesOf } from "./TreeUsage.ts"
import type { ExceededLimit } from "@spawnbroker/protocol"
import { factsOf, type ProcessFacts } from "../../child/process-facts.ts"

/** From one look to the next. Higher: more can be taken before it is seen. Lower: more of this thread's time. */
const LOOK_AGAIN_MS = 100
/** Looks take one part in so many of this thread's time at most. Higher: less. Lower: crowded machines are looked at sooner. */
const SHARE = 20

/** Told at each look, for as long as it is so. `strays`: those out of the process group, who must be reached, too. */
export type OnExceeded = (limit: ExceededLimit, strays: ReadonlyArray<ProcessIdentity>) => void

interface Watched {
  readonly leader: number
  /** With the PID it names the leader, and nobody who gets its number after it. */
  readonly startTime: number | undefined
  readonly limits: EffectiveLimits
  readonly onExceeded: OnExceeded
  strays: ReadonlyArray<ProcessIdentity>
  cpuSeconds: number
  /** Its memory is being counted exactly. */
  isCounting: boolean
}

export class TreeWatch {
  readonly #watched = new Set<Watched>()
  #timer: NodeJS.Timeout | undefined

  /** Whether any of these limits is one of its business. */
  static isAbout({ memoryBytes, processes, cpuSeconds }: EffectiveLimits): boolean {
    return memoryBytes !== undefined || processes !== undefined || cpuSeconds !== undefined
  }

  /** Until there is nobody left of the process and its descendants. */
  watch(leader: number, limits: EffectiveLimits, onExceeded: OnExceeded): void {
    const startTime = factsOf(leader)?.startTime
    this.#watched.add({ leader, startTime, limits, onExceeded, strays: [], cpuSeconds: 0, isCounting: false })
    this.#timer ??= setTimeout(() => this.#look(), LOOK_AGAIN_MS)
  }

  close(): void {
    this.#watched.clear()
    clearTimeout(this.#timer)
  }

  #look(): void {
    const began = performance.now()
    const everybody = lookAtEverybody()
    for (const watched of this.#watched) this.#lookAt(watched, everybody)
    const took = performance.now() - began
    this.#timer =
      this.#watched.size === 0 ? undefined : setTimeout(() => this.#look(), Math.max(LOOK_AGAIN_MS, took * (SHARE - 1)))
  }

  #lookAt(watched: Watched, everybody: Everybody): void {
    const { leader, startTime } = watched
    const holder = everybody.byPid.get(leader)
    const isAnother = holder !== undefined && holder.startTime !== startTime
    const members = membersAmong(everybody, isAnother ? undefined : leader, watched.strays)
    if (members.length === 0) {
      this.#watched.delete(watched)
      return
    }
    watched.strays = straysOf(members, leader)
    // Those who exit unnoticed take their time with them.
    watched.cpuSeconds = Math.max(watched.cpuSeconds, cpuSecondsOf(members))
    const { processes = Infinity, cpuSeconds = Infinity, memoryBytes = Infinity } = watched.limits
    if (members.length > processes) watched.onExceeded("processes", watched.strays)
    else if (watched.cpuSeconds >= cpuSeconds) watched.onExceeded("cpuSeconds", watched.strays)
    else if (residentBytesAtMost(members) > memoryBytes) void this.#countMemory(watched, members, memoryBytes)
  }

  async #countMemory(watched: Watched, members: ReadonlyArray<ProcessFacts>, memoryBytes: number): Promise<void> {
    if (watched.isCounting) return
    watched.isCounting = true
    const bytes = await residentBytesOf(members)
    watched.isCounting = false
    if (bytes > memoryBytes && this.#watched.has(watched)) watched.onExceeded("memoryBytes", watched.strays)
  }
}
