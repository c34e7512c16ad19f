import { Box, Text } from "ink"
import { createElement as h } from "react"
import { formatBytes, formatMs, formatSeconds } from "./format.ts"
import type { Scene } from "./Screen.ts"

/** How many lines the header takes, the empty one below it included. */
export const HEADER_ROWS = 5

interface Props {
  readonly scene: Scene
  readonly columns: number
}

/** The progress, the load, and what both cost the main thread. */
export const Header = ({ scene, columns }: Props) =>
  h(
    Box,
    { flexDirection: "column", height: HEADER_ROWS, flexShrink: 0 },
    h(Title, { scene }),
    h(Progress, { scene, columns }),
    h(Load, { scene }),
    h(Delay, { scene, columns })
  )

const Title = ({ scene: { board } }: Pick<Props, "scene">) =>
  h(
    Text,
    { wrap: "truncate-end" },
    h(Text, { bold: true }, "Spawnbroker"),
    ` runs ${board.jobs.length} jobs of three clients from a thread of its own`
  )

const Progress = ({ scene: { board }, columns }: Props) => {
  const figures = ` ${board.results.length}/${board.jobs.length} jobs  ${formatSeconds(performance.now() - board.startedAt)}`
  const width = columns - LABEL_WIDTH - figures.length
  const filled = Math.round((width * board.results.length) / board.jobs.length)
  return h(
    Text,
    { wrap: "truncate-end" },
    label("progress"),
    h(Text, { color: "green" }, "█".repeat(filled)),
    h(Text, { dimColor: true }, "░".repeat(width - filled)),
    figures
  )
}

const Load = ({ scene: { board, gauge } }: Pick<Props, "scene">) =>
  h(
    Text,
    { wrap: "truncate-end" },
    label("load"),
    h(Text, { bold: true }, `${board.running} running`),
    `, ${board.peak} at the peak   `,
    h(Text, { bold: true }, `${formatBytes(gauge.bytesPerSecond)}/s`),
    `, ${formatBytes(board.bytes)} in all`
  )

const Delay = ({ scene: { gauge }, columns }: Props) => {
  const figures = `${formatMs(gauge.nowMs)} late now, ${formatMs(gauge.longestMs)} at most, p99 ${formatMs(gauge.p99Ms)}  `
  return h(
    Text,
    { wrap: "truncate-end" },
    label("main thread"),
    figures,
    h(Text, { color: "cyan" }, chart(gauge.history.slice(-Math.max(1, columns - LABEL_WIDTH - figures.length))))
  )
}

const LABEL_WIDTH = 13
const label = (text: string) => h(Text, { dimColor: true }, text.padEnd(LABEL_WIDTH))

/** One bar for each sample. A full one means that much late, or more. */
const FULL_BAR_MS = 100
const bars = "▁▂▃▄▅▆▇█"

const chart = (samples: ReadonlyArray<number>): string =>
  samples.map((ms) => bars[Math.min(bars.length - 1, Math.floor((ms / FULL_BAR_MS) * bars.length))]).join("")
