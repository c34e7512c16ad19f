import { percentile } from "../instruments/percentile.ts"
import { commands } from "./commands.ts"
import type { Metric, Scenario } from "./Scenario.ts"

const sizes = { full: { warmUp: 300, count: 250 }, quick: { warmUp: 2, count: 8 } }

const milliseconds = (label: string): Metric => ({ label, unit: "ms", better: "less" })

export const spawnLatency: Scenario<"firstByte50" | "firstByte99" | "exit50" | "exit99"> = {
  title: "250 × echo, one after the other: from the call to the first byte, and to the end",
  ballasts: ["small heap"],
  seconds: 26,
  metrics: {
    firstByte50: milliseconds("first byte, p50"),
    firstByte99: milliseconds("first byte, p99"),
    exit50: milliseconds("exit, p50"),
    exit99: milliseconds("exit, p99")
  },
  warmUp: async ({ run }, size) => {
    for (let index = 0; index < sizes[size].warmUp; index++) await run(commands.echo, ["."], () => {})
  },
  measure: async ({ run }, size) => {
    const firstBytes: Array<number> = []
    const exits: Array<number> = []
    for (let index = 0; index < sizes[size].count; index++) {
      const startedAt = performance.now()
      let firstByte = Number.NaN
      await run(commands.echo, ["."], () => (firstByte = performance.now() - startedAt))
      firstBytes.push(firstByte)
      exits.push(performance.now() - startedAt)
    }
    return {
      firstByte50: percentile(firstBytes, 50),
      firstByte99: percentile(firstBytes, 99),
      exit50: percentile(exits, 50),
      exit99: percentile(exits, 99)
    }
  }
}
