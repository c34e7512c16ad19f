import { setTimeout as sleep } from "node:timers/promises"
import { forgetPeak, peakBytes, residentBytes } from "../instruments/processes.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const sizes = { full: { streams: 16, writeMs: 500 }, quick: { streams: 2, writeMs: 50 } }

export const slowReader: Scenario<"growth"> = {
  title: "16 children write without bound for half a second, and their readers have stopped after one chunk",
  ballasts: ["small heap"],
  seconds: 17,
  metrics: { growth: { label: "most memory of the host, a stream", unit: "MiB", better: "less" } },
  warmUp: ({ run }, size) =>
    Promise.all(
      Array.from({ length: sizes[size].streams }, () => run(commands.head, ["-c", "1000000", "/dev/zero"], () => {}))
    ),
  measure: async ({ startUnread }, size) => {
    const { streams, writeMs } = sizes[size]
    forgetPeak()
    const before = residentBytes(process.pid)
    const processes = await Promise.all(Array.from({ length: streams }, () => startUnread(commands.cat, ["/dev/zero"])))
    await sleep(writeMs)
    const growth = (peakBytes() - before) / streams / 1024 ** 2
    await Promise.all(processes.map(({ stop }) => stop()))
    return { growth }
  }
}
