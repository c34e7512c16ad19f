import { setTimeout as sleep } from "node:timers/promises"
import { Delay } from "../instruments/Delay.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const MB = 1_000_000

const sizes = {
  full: { spawns: 200, outputs: 8, outputBytes: 200 * MB },
  quick: { spawns: 8, outputs: 2, outputBytes: MB }
}

export const mainStall: Scenario<"longest" | "p99" | "elapsed"> = {
  title: "200 spawns and 8 outputs of 200 MB at once: what else wants the main thread has to wait",
  ballasts: ["small heap", "2 GB heap"],
  seconds: 100,
  metrics: {
    longest: { label: "longest stall", unit: "ms", better: "less" },
    p99: { label: "p99 of the delay", unit: "ms", better: "less" },
    elapsed: { label: "until all is done", unit: "ms", better: "less" }
  },
  warmUp: (subject, size) => {
    const { spawns, outputs } = sizes[size]
    return startAll(subject, { spawns: spawns / 4, outputs, outputBytes: MB })
  },
  measure: async (subject, size) => {
    const delay = new Delay()
    await sleep(20)
    const startedAt = performance.now()
    await startAll(subject, sizes[size])
    const elapsed = performance.now() - startedAt
    await sleep(5)
    return { ...delay.stop(), elapsed }
  }
}

interface Work {
  readonly spawns: number
  readonly outputs: number
  readonly outputBytes: number
}

const startAll = ({ run }: Subject, { spawns, outputs, outputBytes }: Work): Promise<unknown> =>
  Promise.all([
    ...Array.from({ length: outputs }, () => run(commands.head, ["-c", `${outputBytes}`, "/dev/zero"], () => {})),
    ...Array.from({ length: spawns }, () => run(commands.true, [], () => {}))
  ])
