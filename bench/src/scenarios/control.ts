import { measureRoundTrips, roundTripMetrics, type RoundTrip } from "./round-trips.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = { full: { warmUp: 300, count: 3000 }, quick: { warmUp: 5, count: 50 } }

export const control: Scenario<RoundTrip> = {
  title: "status of a process, asked of the broker, one after the other",
  ballasts: ["small heap"],
  seconds: 7,
  metrics: roundTripMetrics,
  // Its own process is warmed up by the first round trips.
  warmUp: async () => {},
  measure: async ({ start }, size) => {
    const process = await start(commands.sleep, ["600"], () => {})
    const { status } = process
    if (status === undefined) throw new Error("this subject asks nobody")
    const figures = await measureRoundTrips(sizes[size], status)
    await process.stop()
    return figures
  }
}
