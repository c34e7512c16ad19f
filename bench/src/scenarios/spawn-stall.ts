import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"
import { measureStall, type StallKey, stallMetrics } from "./stall.ts"

const sizes = { full: 200, quick: 8 }

export const spawnStall: Scenario<StallKey> = {
  title: "200 spawns at once and nothing else: what else wants the main thread has to wait",
  ballasts: ["small heap", "2 GB heap"],
  seconds: 60,
  metrics: stallMetrics("until all have ended"),
  warmUp: (subject, size) => spawnAll(subject, sizes[size] / 4),
  measure: (subject, size) => measureStall(() => spawnAll(subject, sizes[size]))
}

const spawnAll = ({ run }: Subject, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => run(commands.true, [], () => {})))
