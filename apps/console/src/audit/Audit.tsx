import * as Stream from "effect/Stream"
import { useEffect, useMemo, useState } from "react"
import { useDesk, useFacts } from "../connection/use-desk.ts"
import { ProcessLink } from "../parts/ProcessLink.tsx"
import { type State, StateText } from "../parts/StateText.tsx"
import { TableHead } from "../parts/TableHead.tsx"
import { showTime } from "../processes/words.ts"
import { type AuditFilter, entriesOf, entriesOfRecord, type Entry, merge, outcomes, passes } from "./entries.ts"

/** Of the history, the youngest. */
const MAX_RECORDS = 200

const tones: Readonly<Record<Entry["outcome"], State["tone"]>> = {
  allowed: "good",
  denied: "bad",
  failed: "bad",
  ended: "quiet",
  noted: "live"
}

/** What was decided, by which rule, for whom, and how it ended. */
export const Audit = () => {
  const { events, status } = useFacts()
  const past = usePast(status === "connected")
  const [filter, setFilter] = useState<AuditFilter>({ outcome: "", who: "", text: "" })
  const all = useMemo(() => merge(past, events.flatMap(entriesOf)), [past, events])
  const users = [...new Set(all.map(({ who }) => who))].filter((who) => who !== "").toSorted()
  const shown = all.filter((entry) => passes(filter, entry))
  return (
    <div className="admin">
      <h1>Audit</h1>
      <Filters filter={filter} users={users} onChange={setFilter} />
      {shown.length === 0 ? (
        <p className="empty">
          {all.length === 0 ? "Nothing was decided since you came that you may see." : "Nothing fits the filter."}
        </p>
      ) : (
        <Entries entries={shown} />
      )}
    </div>
  )
}

/** What the history has, once there is a connection. Nothing, where none is kept. */
const usePast = (isConnected: boolean): ReadonlyArray<Entry> => {
  const desk = useDesk()
  const [past, setPast] = useState<ReadonlyArray<Entry>>([])
  useEffect(() => {
    if (!isConnected) return undefined
    const over = new AbortController()
    desk
      .ask((client) => Stream.runCollect(Stream.take(client.history(), MAX_RECORDS)), over.signal)
      .then(
        (records) => setPast(records.flatMap(entriesOfRecord)),
        () => {}
      )
    return () => over.abort()
  }, [desk, isConnected])
  return past
}

interface FiltersProps {
  readonly filter: AuditFilter
  readonly users: ReadonlyArray<string>
  readonly onChange: (filter: AuditFilter) => void
}

const Filters = ({ filter, users, onChange }: FiltersProps) => (
  <div className="tools" role="search">
    <label>
      Outcome{" "}
      <select
        value={filter.outcome}
        onChange={({ target }) => onChange({ ...filter, outcome: target.value as AuditFilter["outcome"] })}
      >
        <option value="">all</option>
        {outcomes.map((outcome) => (
          <option key={outcome}>{outcome}</option>
        ))}
      </select>
    </label>
    <label>
      User{" "}
      <select value={filter.who} onChange={({ target }) => onChange({ ...filter, who: target.value })}>
        <option value="">all</option>
        {users.map((who) => (
          <option key={who}>{who}</option>
        ))}
      </select>
    </label>
    <label>
      Rule or command{" "}
      <input type="search" value={filter.text} onChange={({ target }) => onChange({ ...filter, text: target.value })} />
    </label>
  </div>
)

const Entries = ({ entries }: { readonly entries: ReadonlyArray<Entry> }) => (
  <div className="scroller" role="region" aria-label="Decisions and ends" tabIndex={0}>
    <table>
      <TableHead columns={["Time", "Outcome", "User", "Rule", "What"]} />
      <tbody>
        {entries.map(({ key, at, outcome, who, rule, what, id }) => (
          <tr key={key}>
            <td>{showTime(at)}</td>
            <td>
              <StateText state={{ text: outcome, tone: tones[outcome] }} />
            </td>
            <td>{who}</td>
            <td className="mono">{rule}</td>
            <td className="wide">{id === undefined ? what : <ProcessLink id={id}>{what}</ProcessLink>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
