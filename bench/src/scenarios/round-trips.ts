import { percentile } from "../instruments/percentile.ts"
import type { Metric } from "./Scenario.ts"

export type RoundTrip = "p50" | "p99"

export const roundTripMetrics: Readonly<Record<RoundTrip, Metric>> = {
  p50: { label: "round trip, p50", unit: "µs", better: "less" },
  p99: { label: "round trip, p99", unit: "µs", better: "less" }
}

/** Does something again and again, each time when the last is done. */
export const measureRoundTrips = async (
  { warmUp, count }: { readonly warmUp: number; readonly count: number },
  trip: () => Promise<unknown>
): Promise<Readonly<Record<RoundTrip, number>>> => {
  for (let index = 0; index < warmUp; index++) await trip()
  const microseconds: Array<number> = []
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    await trip()
    microseconds.push((performance.now() - startedAt) * 1000)
  }
  return { p50: percentile(microseconds, 50), p99: percentile(microseconds, 99) }
}
