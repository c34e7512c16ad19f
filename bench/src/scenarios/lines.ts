import { watchMainThread } from "../instruments/main-thread.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = { full: { warmUp: 200_000, lines: 5_000_000 }, quick: { warmUp: 100, lines: 2000 } }

export const lines: Scenario<"rate" | "busy"> = {
  title: "5 million lines of seq, counted through the stream of lines",
  ballasts: ["small heap"],
  seconds: 18,
  metrics: {
    rate: { label: "rate", unit: "lines/s", better: "more" },
    busy: { label: "main thread busy", unit: "%", better: "less" }
  },
  warmUp: (subject, size) => count(subject, sizes[size].warmUp),
  measure: async (subject, size) => {
    const expected = sizes[size].lines
    let counted = 0
    const { elapsedMs, busyPercent } = await watchMainThread(async () => {
      counted = await count(subject, expected)
    })
    if (counted !== expected) throw new Error(`${counted} lines were counted instead of ${expected}`)
    return { rate: (expected / elapsedMs) * 1000, busy: busyPercent }
  }
}

const count = ({ countLines }: Subject, upTo: number): Promise<number> => {
  if (countLines === undefined) throw new Error("this subject has no stream of lines")
  return countLines(commands.seq, [`${upTo}`])
}
