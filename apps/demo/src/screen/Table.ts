import { Box, Text } from "ink"
import { createElement as h } from "react"
import type { Board } from "../board/Board.ts"
import { describeState, isLive, type Row } from "../board/Row.ts"
import { cell, formatBytes, formatSeconds } from "./format.ts"

interface Props {
  readonly board: Board
  readonly columns: number
  /** How many lines there are for it, its own header and footer included. */
  readonly rows: number
}

/** As many processes as fit: those that run, and then those that ended last. */
export const Table = ({ board, columns, rows }: Props) => {
  const shown = selectRows(board.rows, rows - 2)
  const widths = columnWidths(columns)
  return h(
    Box,
    { flexDirection: "column", flexShrink: 0 },
    h(Text, { dimColor: true, wrap: "truncate-end" }, titles(widths)),
    ...shown.map((row) => h(Line, { key: row.id, row, widths })),
    h(Text, { dimColor: true }, hiddenNote(board.rows, shown))
  )
}

const selectRows = (all: ReadonlyArray<Row>, room: number): ReadonlyArray<Row> => {
  const ended = all.filter((row) => !isLive(row)).toSorted((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0))
  return [...all.filter(isLive), ...ended].slice(0, Math.max(0, room))
}

const hiddenNote = (all: ReadonlyArray<Row>, shown: ReadonlyArray<Row>): string => {
  const running = all.filter(isLive).length - shown.filter(isLive).length
  const ended = all.length - shown.length - running
  const notes = [...(running > 0 ? [`${running} more running`] : []), ...(ended > 0 ? [`${ended} more ended`] : [])]
  return notes.length === 0 ? " " : `… ${notes.join(", ")}`
}

interface Widths {
  readonly command: number
  readonly state: number
}

/** What is left for the command goes to it. The sum is one less than the window, where a last column may wrap. */
const columnWidths = (columns: number): Widths => {
  const state = columns < 100 ? 18 : 26
  return { state, command: columns - 1 - FIXED_WIDTH - state }
}

const ID_WIDTH = 4
const CLIENT_WIDTH = 9
const NUMBER_WIDTH = 9
const FIXED_WIDTH = 2 + ID_WIDTH + CLIENT_WIDTH + 2 * NUMBER_WIDTH + 2

const titles = ({ command, state }: Widths): string =>
  `  ${cell("id", ID_WIDTH)}${cell("client", CLIENT_WIDTH)}${cell("command", command)}  ${cell("state", state)}` +
  `${cell("bytes", NUMBER_WIDTH, "right")}${cell("elapsed", NUMBER_WIDTH, "right")}`

const clientColors = { builder: "blue", reader: "magenta", guest: "cyan" } as const

const Line = ({ row, widths }: { readonly row: Row; readonly widths: Widths }) =>
  h(
    Text,
    { wrap: "truncate-end", dimColor: !isLive(row) && row.mark === "right" },
    markOf(row),
    " ",
    cell(row.id, ID_WIDTH),
    h(Text, { color: clientColors[row.client] }, cell(row.client, CLIENT_WIDTH)),
    `${cell(row.command, widths.command)}  `,
    h(Text, stateColor(row), cell(describeState(row.state), widths.state)),
    cell(formatBytes(row.bytes), NUMBER_WIDTH, "right"),
    cell(formatSeconds((row.endedAt ?? performance.now()) - row.startedAt), NUMBER_WIDTH, "right")
  )

const markOf = (row: Row) => {
  if (row.mark === "right") return h(Text, { color: "green" }, "✓")
  if (row.mark === "wrong") return h(Text, { color: "red" }, "✗")
  return isLive(row) ? h(Text, { color: "green" }, "●") : " "
}

const stateColor = ({ state, mark }: Row): { readonly color?: string } => {
  if (mark === "wrong") return { color: "red" }
  if (state._tag === "Refused") return { color: "yellow" }
  return state._tag === "Running" ? { color: "green" } : {}
}
