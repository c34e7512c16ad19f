import { keepInFlight } from "../instruments/keep-in-flight.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = {
  // The deadline is for hosts that manage some ten a second: what they have begun by then says enough of their rate.
  full: { warmUp: 640, count: 1000, inFlight: 64, deadlineMs: 1000 },
  quick: { warmUp: 16, count: 16, inFlight: 8, deadlineMs: 1000 }
}

const runTrue = ({ run }: Subject): Promise<void> => run(commands.true, [], () => {})

export const spawnRate: Scenario<"rate"> = {
  title: "1,000 × true with 64 in flight, or as many as are begun in a second",
  ballasts: ["small heap", "1 GB heap", "4 GB heap", "4 GB buffers"],
  seconds: 197,
  metrics: { rate: { label: "rate", unit: "processes/s", better: "more" } },
  warmUp: (subject, size) => {
    const { warmUp, inFlight } = sizes[size]
    return keepInFlight({ count: warmUp, inFlight }, () => runTrue(subject))
  },
  measure: async (subject, size) => {
    const startedAt = performance.now()
    const done = await keepInFlight(sizes[size], () => runTrue(subject))
    return { rate: (done / (performance.now() - startedAt)) * 1000 }
  }
}
