import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"
import { measureStall, type StallKey, stallMetrics } from "./stall.ts"

const MB = 1_000_000

const sizes = {
  full: { spawns: 200, outputs: 8, outputBytes: 200 * MB },
  quick: { spawns: 8, outputs: 2, outputBytes: MB }
}

export const mainStall: Scenario<StallKey> = {
  title: "200 spawns and 8 outputs of 200 MB at once: what else wants the main thread has to wait",
  ballasts: ["small heap", "2 GB heap"],
  seconds: 100,
  metrics: stallMetrics("until all is done"),
  warmUp: (subject, size) => {
    const { spawns, outputs } = sizes[size]
    return startAll(subject, { spawns: spawns / 4, outputs, outputBytes: MB })
  },
  measure: (subject, size) => measureStall(() => startAll(subject, sizes[size]))
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
