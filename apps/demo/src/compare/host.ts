/** What both hosts have in common: the ballast, the measuring, the report. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { makeBallast } from "./ballast.ts"
import type { Report } from "./Report.ts"
import { bursts, type Command } from "./work.ts"

/** Runs a command and answers how many bytes it wrote. */
export type RunCommand = (command: Command) => Promise<number>

const RESOLUTION_MS = 5

/** Fills the heap, does all the work through `run`, and writes the report. Progress goes to stderr. */
export const measureHost = async (run: RunCommand): Promise<void> => {
  const ballast = makeBallast(Number(process.argv[2]))
  const heapBytes = process.memoryUsage().heapUsed
  say(`heap of ${Math.round(heapBytes / 1024 / 1024)} MB is filled`)
  await idle()
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  // It measures from its second tick on: a stall before that would not be seen.
  await idle()
  const startedAt = performance.now()
  const before = performance.eventLoopUtilization()
  const work = await runAll(run)
  const durationMs = performance.now() - startedAt
  const busy = performance.eventLoopUtilization(before).utilization
  // A stall is recorded when it is over.
  await idle()
  histogram.disable()
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
  const report: Report = {
    heapBytes,
    ...work,
    durationMs,
    busy,
    longestStallMs: late(histogram.max),
    p99Ms: late(histogram.percentile(99))
  }
  console.log(JSON.stringify(report))
  keep(ballast)
}

const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10 * RESOLUTION_MS))

const runAll = async (run: RunCommand): Promise<Pick<Report, "spawns" | "outputBytes">> => {
  let [spawns, outputBytes] = [0, 0]
  for (const burst of bursts) {
    const bytes = await Promise.all(burst.map(run))
    spawns += burst.length
    outputBytes += bytes.reduce((sum, each) => sum + each, 0)
    say(`${spawns} commands are done`)
  }
  return { spawns, outputBytes }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** Uses the ballast after the work, so that it cannot be collected before. */
const keep = (ballast: ReadonlyArray<ReadonlyArray<number>>): void => {
  if (ballast.length < 0) say("never")
}
