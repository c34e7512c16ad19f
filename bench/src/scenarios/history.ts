import { keepInFlight } from "../instruments/keep-in-flight.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"
import { measureStall } from "./stall.ts"

const sizes = {
  // Hosts that are younger have most of their code not compiled yet, of which those that record have more.
  full: { warmUp: 4000, count: 3000, inFlight: 64, outputs: 100, outputBytes: 1024 * 1024 },
  quick: { warmUp: 16, count: 16, inFlight: 8, outputs: 2, outputBytes: 1024 }
}

type Key = "rate" | "longest" | "p99" | "searched"

export const history: Scenario<Key> = {
  title:
    "3,000 × true with 64 in flight, while everything is recorded; and while 100 MB of outputs are searched as well",
  ballasts: ["small heap"],
  seconds: 55,
  metrics: {
    rate: { label: "rate", unit: "processes/s", better: "more" },
    longest: { label: "longest stall", unit: "ms", better: "less" },
    p99: { label: "p99 of the delay", unit: "ms", better: "less" },
    searched: { label: "rate, while outputs are searched", unit: "processes/s", better: "more" }
  },
  warmUp: async (subject, size) => {
    const { warmUp, inFlight, outputs, outputBytes } = sizes[size]
    const args = ["-c", `${outputBytes}`, "/dev/zero"]
    await keepInFlight({ count: outputs, inFlight: 8 }, () => subject.run(commands.head, args, () => {}))
    await subject.recorded?.(outputs)
    await keepInFlight({ count: warmUp, inFlight }, () => runTrue(subject))
  },
  measure: async (subject, size) => {
    const { count, inFlight } = sizes[size]
    const work = (): Promise<unknown> => keepInFlight({ count, inFlight }, () => runTrue(subject))
    const { longest, p99, elapsed } = await measureStall(work)
    // Where there is nothing to search, the same once more.
    const stopSearching = subject.search?.(EXPLODING)
    const searched = await measureStall(work)
    await stopSearching?.()
    return { rate: (count / elapsed) * 1000, longest, p99, searched: (count / searched.elapsed) * 1000 }
  }
}

/** Of a thousand zeros and no more it would try each way to divide them. */
const EXPLODING = "^(\\0+)+x"

const runTrue = ({ run }: Subject): Promise<void> => run(commands.true, [], () => {})
