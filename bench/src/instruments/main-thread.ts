import { readFileSync } from "node:fs"

/** Processor time of the main thread so far, in milliseconds. The same clock in every runtime, at home or in the kernel. */
const cpuTime = (): number =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ", 1)[0]) / 1e6

export interface Watched {
  readonly elapsedMs: number
  /** The share of that time for which the main thread had a processor, in per cent. */
  readonly busyPercent: number
}

/** How long a piece of work takes, and how much of the main thread. */
export const watchMainThread = async (work: () => Promise<unknown>): Promise<Watched> => {
  const startedAt = performance.now()
  const before = cpuTime()
  await work()
  const elapsedMs = performance.now() - startedAt
  return { elapsedMs, busyPercent: ((cpuTime() - before) / elapsedMs) * 100 }
}
