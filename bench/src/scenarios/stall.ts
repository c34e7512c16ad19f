import { setTimeout as sleep } from "node:timers/promises"
import { Delay } from "../instruments/Delay.ts"
import type { Metric } from "./Scenario.ts"

export type StallKey = "longest" | "p99" | "elapsed"

/** The figures of a stall. `elapsed`: what the work's own time is called. */
export const stallMetrics = (elapsed: string): Readonly<Record<StallKey, Metric>> => ({
  longest: { label: "longest stall", unit: "ms", better: "less" },
  p99: { label: "p99 of the delay", unit: "ms", better: "less" },
  elapsed: { label: elapsed, unit: "ms", better: "less" }
})

/** How long anything else on the main thread has to wait while the work is done. */
export const measureStall = async (work: () => Promise<unknown>): Promise<Readonly<Record<StallKey, number>>> => {
  const delay = new Delay()
  await sleep(20)
  const startedAt = performance.now()
  await work()
  const elapsed = performance.now() - startedAt
  await sleep(5)
  return { ...delay.stop(), elapsed }
}
