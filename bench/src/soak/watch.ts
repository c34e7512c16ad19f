/** What must stay flat in a soak, looked at again and again. */
import { readdirSync } from "node:fs"
import { descendants } from "../instruments/processes.ts"

export interface Sample {
  readonly atMs: number
  readonly descriptors: number
  readonly residentMb: number
  /** Of the main thread, after a collection. */
  readonly heapMb: number
  /** Handles and requests of the main thread's loop. */
  readonly resources: number
  readonly listeners: number
  /** Descendants of this process, at a moment when nobody runs anything. */
  readonly processes: number
}

export const takeSample = (startedAt: number): Sample => ({
  atMs: performance.now() - startedAt,
  descriptors: readdirSync("/proc/self/fd").length,
  residentMb: process.memoryUsage.rss() / 1024 / 1024,
  heapMb: process.memoryUsage().heapUsed / 1024 / 1024,
  resources: process.getActiveResourcesInfo().length,
  listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  processes: descendants().length
})

/** How much more each may be at the end than after the first minutes: what a busy allocator and a larger pool of workers take. */
const slack: { readonly [K in keyof Omit<Sample, "atMs">]: (early: number) => number } = {
  descriptors: (early) => early + 20,
  residentMb: (early) => early * 1.05 + 20,
  heapMb: (early) => early + 5,
  resources: (early) => early + 10,
  listeners: (early) => early,
  processes: (early) => early + 2
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** What has grown: the last third against the second one, without the first, in which everything warms up. */
export const findGrowth = (samples: ReadonlyArray<Sample>): ReadonlyArray<string> => {
  const third = Math.floor(samples.length / 3)
  const [early, late] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
  return (Object.keys(slack) as Array<keyof typeof slack>).flatMap((name) => {
    const [before, after] = [median(early.map((each) => each[name])), median(late.map((each) => each[name]))]
    return after > slack[name](before) ? [`${name}: ${before.toFixed(0)} → ${after.toFixed(0)}`] : []
  })
}
