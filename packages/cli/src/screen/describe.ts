/** Daemons and processes in words and columns. */
import { type DaemonInfo, describeReason, type ReplicaInfo } from "@spawnbroker/protocol"
import { harmless, type Paint, plain, stateStyles, type StyleName } from "./paint.ts"

export interface Cell {
  readonly text: string
  readonly style?: StyleName | undefined
}

/** `web`, or `web/2` where there are several. */
export const replicaName = ({ name, replicas }: DaemonInfo, replica: number): string =>
  replicas.length > 1 ? `${name}/${replica}` : name

export const daemonColumns = ["NAME", "STATE", "PID", "RESTARTS", "SINCE", "WHY"]

export const daemonRows = (info: DaemonInfo, now: number): ReadonlyArray<ReadonlyArray<Cell>> =>
  info.replicas.map((replica) => [
    { text: replicaName(info, replica.replica) },
    { text: replica.state, style: stateStyles[replica.state] },
    { text: replica.pid === undefined ? "-" : String(replica.pid) },
    { text: String(replica.restarts) },
    { text: formatAge(now - replica.since) },
    { text: why(replica, now), style: "dim" }
  ])

const why = ({ reason, nextStartAt }: ReplicaInfo, now: number): string => {
  // A probe's last words may be anything.
  const words = reason === undefined ? "" : harmless(describeReason(reason), plain)
  return nextStartAt === undefined ? words : `${words}; again in ${formatAge(nextStartAt - now)}`
}

/** `850 ms`, `12 s`, `3 min`, `2 h`, `5 d`. */
export const formatAge = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const unit = units.find(({ size }) => ms >= size)!
  return `${Math.floor(ms / unit.size)} ${unit.name}`
}

const units = [
  { name: "d", size: 86_400_000 },
  { name: "h", size: 3_600_000 },
  { name: "min", size: 60_000 },
  { name: "s", size: 1000 }
]

/** Columns as wide as what is in them, two spaces apart; no line is wider than `width`. */
export const layOut = (
  titles: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  paint: Paint,
  width = Infinity
): ReadonlyArray<string> => {
  const all = [titles.map((text): Cell => ({ text, style: "dim" })), ...rows]
  const widths = titles.map((_, column) => Math.max(...all.map((row) => row[column]!.text.length)))
  return all.map((row) => {
    let left = width
    const cells = row.map(({ text, style }, column) => {
      const isLast = column === row.length - 1
      const cut = fit(isLast ? text : text.padEnd(widths[column]! + 2), left)
      left -= cut.length
      return style === undefined ? cut : paint(cut, style)
    })
    return cells.join("").trimEnd()
  })
}

export const fit = (text: string, width: number): string =>
  text.length <= width ? text : width <= 0 ? "" : `${text.slice(0, width - 1)}…`
