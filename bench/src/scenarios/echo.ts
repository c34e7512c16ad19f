import { measureRoundTrips, roundTripMetrics, type RoundTrip } from "./round-trips.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = { full: { warmUp: 300, count: 3000 }, quick: { warmUp: 5, count: 50 } }

const MESSAGE = new Uint8Array(100).fill(46)

export const echo: Scenario<RoundTrip> = {
  title: "100 bytes through cat and back, one after the other",
  ballasts: ["small heap"],
  seconds: 12,
  metrics: roundTripMetrics,
  // Its own process is warmed up by the first round trips.
  warmUp: async () => {},
  measure: async ({ start }, size) => {
    let missing = 0
    let arrived = (): void => {}
    const cat = await start(commands.cat, [], (bytes) => {
      missing -= bytes
      if (missing === 0) arrived()
    })
    const figures = await measureRoundTrips(
      sizes[size],
      () =>
        new Promise<void>((resolve) => {
          missing = MESSAGE.byteLength
          arrived = resolve
          cat.write(MESSAGE)
        })
    )
    await cat.stop()
    return figures
  }
}
