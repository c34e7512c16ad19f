import type { HistoryRecord } from "@spawnbroker/client"
import { useState } from "react"
import { goTo } from "../connection/use-place.ts"
import { ProcessLink } from "../parts/ProcessLink.tsx"
import { StateText } from "../parts/StateText.tsx"
import { TableHead } from "../parts/TableHead.tsx"
import { showCommand, showDuration, showTime } from "../processes/words.ts"
import { noFilter } from "./Filter.ts"
import { FilterForm } from "./FilterForm.tsx"
import { Plots } from "./Plots.tsx"
import { showRecordState } from "./record-words.ts"
import { type Records, useRecords } from "./use-records.ts"

/** What has run, also before this broker. */
export const HistoryView = () => {
  const [filter, setFilter] = useState(noFilter)
  const [refreshes, setRefreshes] = useState(0)
  const { more, ...found } = useRecords(filter, refreshes)
  const { records, progress, problem } = found
  return (
    <section aria-label="History" className="history">
      <FilterForm filter={filter} onFilter={setFilter} onRefresh={() => setRefreshes(refreshes + 1)} />
      <p role="alert" className="problem">
        {problem}
      </p>
      {records.length > 0 && <Plots records={records} />}
      {records.length > 0 && <RecordTable records={records} />}
      <Foot found={found} hasFilter={filter !== noFilter} onMore={more} />
      <p role="status" className="unseen">
        {progress === "reading" ? "Reading" : `${records.length} found`}
      </p>
    </section>
  )
}

interface FootProps {
  readonly found: Records
  readonly hasFilter: boolean
  readonly onMore: () => void
}

const Foot = ({ found: { records, progress, problem }, hasFilter, onMore }: FootProps) => {
  if (progress === "reading") return <p className="empty">Loading …</p>
  if (progress === "resting") {
    return (
      <button type="button" onClick={onMore}>
        More
      </button>
    )
  }
  if (records.length > 0 || problem !== "") return null
  return <p className="empty">{hasFilter ? "Nothing fits the filter." : "Nothing has run yet that you may see."}</p>
}

const RecordTable = ({ records }: { readonly records: ReadonlyArray<HistoryRecord> }) => (
  <div className="scroller records">
    <table>
      <TableHead columns={["State", "Command", "Who", "Started", "Ran for"]} numbers={["Ran for"]} />
      <tbody>
        {records.map((record) => (
          <Row key={record.id} record={record} />
        ))}
      </tbody>
    </table>
  </div>
)

const Row = ({ record }: { readonly record: HistoryRecord }) => {
  const { id, subject, startedAt, durationMs, found } = record
  return (
    <tr className="row" onClick={() => goTo("process", id)}>
      <td>
        <StateText state={showRecordState(record)} />
      </td>
      <td className="wide" title={showCommand(record)}>
        <ProcessLink id={id}>{showCommand(record)}</ProcessLink>
        {found !== undefined && <span className="quiet"> {found.line}</span>}
      </td>
      <td>{subject}</td>
      <td>{showTime(startedAt)}</td>
      <td className="number">{durationMs === undefined ? "" : showDuration(durationMs)}</td>
    </tr>
  )
}
