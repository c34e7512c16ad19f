import { setTimeout as sleep } from "node:timers/promises"
import { Delay } from "../instruments/Delay.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = { full: 200, quick: 8 }

export const spawnStall: Scenario<"longest" | "p99" | "elapsed"> = {
  title: "200 spawns at once and nothing else: what else wants the main thread has to wait",
  ballasts: ["small heap", "2 GB heap"],
  seconds: 60,
  metrics: {
    longest: { label: "longest stall", unit: "ms", better: "less" },
    p99: { label: "p99 of the delay", unit: "ms", better: "less" },
    elapsed: { label: "until all have ended", unit: "ms", better: "less" }
  },
  warmUp: (subject, size) => spawnAll(subject, sizes[size] / 4),
  measure: async (subject, size) => {
    const delay = new Delay()
    await sleep(20)
    const startedAt = performance.now()
    await spawnAll(subject, sizes[size])
    const elapsed = performance.now() - startedAt
    await sleep(5)
    return { ...delay.stop(), elapsed }
  }
}

const spawnAll = ({ run }: Subject, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => run(commands.true, [], () => {})))
