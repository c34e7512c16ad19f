/** How much of a processor each process takes, from one look to the next, and how much memory. */
import type { ProcessId, UsageSample } from "@spawnbroker/client"

export interface Load {
  /** 1: all of one processor. Absent until it was seen twice. */
  readonly processors: number | undefined
  readonly residentBytes: number
}

export class Loads {
  #before: UsageSample = { at: 0, processes: [] }
  #loads: ReadonlyMap<ProcessId, Load> = new Map()

  /** A sample that was there already tells nothing new. */
  after(sample: UsageSample): ReadonlyMap<ProcessId, Load> {
    const passedMs = sample.at - this.#before.at
    if (passedMs === 0) return this.#loads
    // A clock that was set back tells no time that has passed.
    const before = new Map((passedMs < 0 ? [] : this.#before.processes).map(({ id, cpuMs }) => [id, cpuMs]))
    this.#before = sample
    this.#loads = new Map(
      sample.processes.map(({ id, cpuMs, residentBytes }) => {
        const earlier = before.get(id)
        // Descendants that went unseen take their time with them.
        const processors = earlier === undefined ? undefined : Math.max(0, cpuMs - earlier) / passedMs
        return [id, { processors, residentBytes }]
      })
    )
    return this.#loads
  }
}
