import type { ProcessInfo } from "@spawnbroker/client"
import { useMemo, useRef, useState } from "react"
import type { Load } from "../connection/Loads.ts"
import { useFacts, useLoads } from "../connection/use-desk.ts"
import { goTo } from "../connection/use-place.ts"
import { ProcessLink } from "../parts/ProcessLink.tsx"
import { StateText } from "../parts/StateText.tsx"
import { useWindow } from "./use-window.ts"
import { isRunning, showBytes, showCommand, showDuration, showShare, showState } from "./words.ts"

/** As in the style sheet. */
const ROW_HEIGHT = 36

interface Listed extends ProcessInfo {
  readonly load: Load | undefined
}

interface Column {
  readonly name: string
  readonly show: (process: Listed) => string
  readonly rank: (process: Listed) => number | string
  readonly isNumber?: boolean
  readonly isWide?: boolean
}

const outputOf = ({ bytes }: ProcessInfo): number => bytes.stdout + bytes.stderr

const columns: ReadonlyArray<Column> = [
  { name: "State", show: (process) => showState(process).text, rank: (process) => showState(process).text },
  { name: "Command", show: showCommand, rank: showCommand, isWide: true },
  { name: "Who", show: ({ subject }) => subject, rank: ({ subject }) => subject },
  { name: "PID", show: ({ pid }) => String(pid ?? ""), rank: ({ pid }) => pid ?? 0, isNumber: true },
  {
    name: "Started",
    show: ({ startedAt }) => new Date(startedAt).toLocaleTimeString(),
    rank: ({ startedAt }) => startedAt
  },
  {
    name: "Ran for",
    show: ({ elapsedMs }) => showDuration(elapsedMs),
    rank: ({ elapsedMs }) => elapsedMs,
    isNumber: true
  },
  {
    name: "CPU",
    show: ({ load }) => (load?.processors === undefined ? "" : showShare(load.processors)),
    rank: ({ load }) => load?.processors ?? -1,
    isNumber: true
  },
  {
    name: "Memory",
    show: ({ load }) => (load === undefined ? "" : showBytes(load.residentBytes)),
    rank: ({ load }) => load?.residentBytes ?? -1,
    isNumber: true
  },
  { name: "Output", show: (process) => showBytes(outputOf(process)), rank: outputOf, isNumber: true }
]

interface Order {
  readonly column: number
  readonly isDescending: boolean
}

/** The newest first. */
const newest: Order = { column: 4, isDescending: true }

const compare = (one: number | string, other: number | string): number => (one < other ? -1 : one > other ? 1 : 0)

const inOrder = (processes: ReadonlyArray<Listed>, { column, isDescending }: Order): ReadonlyArray<Listed> => {
  const { rank } = columns[column]!
  const sign = isDescending ? -1 : 1
  return processes
    .map((process) => ({ process, key: rank(process) }))
    .toSorted((one, other) => sign * compare(one.key, other.key))
    .map(({ process }) => process)
}

export const ProcessTable = () => {
  const { processes, status } = useFacts()
  const loads = useLoads()
  const [words, setWords] = useState("")
  const [isLiveOnly, setLiveOnly] = useState(false)
  const [order, setOrder] = useState(newest)
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => {
    const sought = words.toLowerCase().split(/\s+/)
    const fits = (process: ProcessInfo): boolean => {
      const text =
        `${showCommand(process)} ${process.subject} ${process.pid ?? ""} ${showState(process).text}`.toLowerCase()
      return (!isLiveOnly || isRunning(process)) && sought.every((word) => text.includes(word))
    }
    const listed = processes.filter(fits).map((process) => ({ ...process, load: loads.get(process.id) }))
    return inOrder(listed, order)
  }, [processes, loads, words, isLiveOnly, order])
  const { from, to } = useWindow(scroller, shown.length, ROW_HEIGHT)
  const running = processes.filter(isRunning).length
  return (
    <section className="processes" aria-label="Processes">
      <div className="tools">
        <input
          type="search"
          aria-label="Filter by command, user, PID or state"
          placeholder="Filter"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <label>
          <input type="checkbox" checked={isLiveOnly} onChange={(event) => setLiveOnly(event.target.checked)} /> running
          only
        </label>
        <span className="quiet">
          {running} running, {processes.length} in all
        </span>
      </div>
      <div className="scroller" ref={scroller} tabIndex={-1}>
        <table aria-rowcount={shown.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map(({ name, isNumber }, index) => (
                <th
                  key={name}
                  scope="col"
                  className={isNumber ? "number" : undefined}
                  aria-sort={order.column !== index ? undefined : order.isDescending ? "descending" : "ascending"}
                >
                  <button
                    type="button"
                    onClick={() =>
                      setOrder({ column: index, isDescending: order.column === index && !order.isDescending })
                    }
                  >
                    {name}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr aria-hidden="true" style={{ height: from * ROW_HEIGHT }} />
            {shown.slice(from, to).map((process, index) => (
              <Row key={process.id} process={process} index={from + index} />
            ))}
            <tr aria-hidden="true" style={{ height: (shown.length - to) * ROW_HEIGHT }} />
          </tbody>
        </table>
        {shown.length === 0 && (
          <p className="empty">
            {status === "connecting"
              ? "Loading …"
              : processes.length === 0
                ? "Nothing has run yet that you may see."
                : "Nothing fits the filter."}
          </p>
        )}
      </div>
    </section>
  )
}

const Row = ({ process, index }: { readonly process: Listed; readonly index: number }) => (
  <tr aria-rowindex={index + 2} className="row" onClick={() => goTo("process", process.id)}>
    {columns.map(({ name, show, isNumber, isWide }) => (
      <td
        key={name}
        className={isNumber ? "number" : isWide ? "wide" : undefined}
        title={isWide ? show(process) : undefined}
      >
        {isWide ? (
          <ProcessLink id={process.id}>{show(process)}</ProcessLink>
        ) : name === "State" ? (
          <StateText state={showState(process)} />
        ) : (
          show(process)
        )}
      </td>
    ))}
  </tr>
)
