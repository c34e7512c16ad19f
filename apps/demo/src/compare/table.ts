import { styleText } from "node:util"
import { cell, formatBytes, formatMs, formatSeconds } from "../screen/format.ts"
import type { Report } from "./Report.ts"

export interface Reports {
  readonly baseline: Report
  readonly brokered: Report
}

/** Both side by side, and in one sentence. */
export const compareReports = ({ baseline, brokered }: Reports): ReadonlyArray<string> => [
  "",
  styleText("bold", line("main thread of a host", "node:child_process", "with the broker")),
  ...figures.map(([title, format]) => line(title, format(baseline), format(brokered))),
  "",
  styleText(
    "green",
    `Without the broker the main thread stood still for up to ${formatMs(baseline.longestStallMs)}; with it, for ${formatMs(brokered.longestStallMs)}.`
  )
]

const figures: ReadonlyArray<readonly [string, (report: Report) => string]> = [
  ["longest stall", ({ longestStallMs }) => formatMs(longestStallMs)],
  ["p99 of its delay", ({ p99Ms }) => formatMs(p99Ms)],
  ["share of time it was busy", ({ busy }) => `${Math.round(busy * 100)} %`],
  ["spawns", ({ spawns }) => String(spawns)],
  ["output read", ({ outputBytes }) => formatBytes(outputBytes)],
  ["heap of the host", ({ heapBytes }) => formatBytes(heapBytes)],
  ["duration", ({ durationMs }) => formatSeconds(durationMs)]
]

const line = (title: string, baseline: string, brokered: string): string =>
  `${cell(title, 27)}${cell(baseline, 20, "right")}${cell(brokered, 20, "right")}`
