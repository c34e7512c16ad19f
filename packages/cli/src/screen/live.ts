/**
 * A table of the daemons at the foot of a terminal, drawn anew in its place, and what they put out scrolling by above it: it
 * stays in the terminal's own history.
 *
 * Plain ANSI: two sequences (up, and clear from here down) are all that it takes. A library that lays out a whole screen would
 * take the history away, and half a second to load.
 */
import type { DaemonInfo } from "@spawnbroker/protocol"
import { daemonColumns, daemonRows, fit, layOut } from "./describe.ts"
import type { Paint } from "./paint.ts"
import { plainScreen } from "./plain.ts"
import type { Screen } from "./Screen.ts"

export interface Terminal {
  readonly columns: number
  readonly rows: number
  readonly write: (text: string) => unknown
  readonly on: (event: "resize", listener: () => void) => unknown
  readonly off: (event: "resize", listener: () => void) => unknown
}

/** How soon what has changed is drawn. Lower costs the terminal more, for what nobody can see. */
const REDRAW_MS = 80
/** How often ages are brought up to date. */
const TICK_MS = 1000
const FOOTER = "Ctrl-C stops them in order, a second one at once"

export const liveScreen = (terminal: Terminal, paint: Paint, names: ReadonlyArray<string>): Screen => {
  const infos = new Map<string, DaemonInfo>()
  let above = ""
  let drawn = 0
  let due: NodeJS.Timeout | undefined
  let isClosed = false

  const table = (): ReadonlyArray<string> => {
    const width = terminal.columns - 1
    const rows = [...infos.values()].flatMap((info) => daemonRows(info, Date.now()))
    // Half of the window at most: the rest is for what they say.
    const room = Math.max(1, (terminal.rows >> 1) - 3)
    const hidden = rows.length - room
    const footer = hidden > 0 ? `… ${hidden} more, which \`spawnbroker ps\` has. ${FOOTER}` : FOOTER
    return [...layOut(daemonColumns, rows.slice(0, room), paint, width), paint(fit(footer, width), "dim")]
  }
  const erase = (): string => (drawn === 0 ? "\r\u001b[J" : `\r\u001b[${drawn}A\u001b[J`)
  const draw = (): void => {
    clearTimeout(due)
    due = undefined
    const lines = isClosed ? [] : table()
    terminal.write(`${erase()}${above}${lines.map((line) => `${line}\n`).join("")}`)
    above = ""
    drawn = lines.length
  }
  const drawSoon = (): void => {
    if (!isClosed) due ??= setTimeout(draw, REDRAW_MS)
  }
  const tick = setInterval(draw, TICK_MS)
  // After a change of width nobody knows how many lines the old table takes; it is left where it is.
  const resized = (): void => {
    drawn = 0
    drawSoon()
  }
  terminal.on("resize", resized)
  const lines = plainScreen(paint, names, (text) => {
    above += text
    drawSoon()
  })
  return {
    ...lines,
    changed: (info) => {
      infos.set(info.name, info)
      drawSoon()
    },
    close: () => {
      if (isClosed) return
      clearInterval(tick)
      terminal.off("resize", resized)
      // The last state stays to be read.
      const last = table().slice(0, -1)
      isClosed = true
      above += last.map((line) => `${line}\n`).join("")
      draw()
    }
  }
}
