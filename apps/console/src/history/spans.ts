/** Records, by the time of their starts. */
import type { HistoryRecord } from "@spawnbroker/client"
import { outcomeOf } from "./record-words.ts"

export interface Span {
  readonly from: number
  readonly successes: number
  readonly failures: number
  /** They run, or nobody knows how they ended. */
  readonly others: number
  /** In milliseconds. Absent where none has ended. */
  readonly medianMs: number | undefined
}

/** So many of one length, from the first start to the last. */
export const spansOf = (records: ReadonlyArray<HistoryRecord>, count: number): ReadonlyArray<Span> => {
  const starts = records.map(({ startedAt }) => startedAt)
  const first = Math.min(...starts)
  const length = Math.max(1, (Math.max(...starts) - first + 1) / count)
  const groups = Map.groupBy(records, ({ startedAt }) => Math.min(count - 1, Math.floor((startedAt - first) / length)))
  return Array.from({ length: count }, (_, index) => spanOf(first + index * length, groups.get(index) ?? []))
}

const spanOf = (from: number, records: ReadonlyArray<HistoryRecord>): Span => {
  const outcomes = records.map(outcomeOf)
  const durations = records.flatMap(({ durationMs }) => durationMs ?? []).toSorted((one, other) => one - other)
  return {
    from,
    successes: outcomes.filter((outcome) => outcome === "success").length,
    failures: outcomes.filter((outcome) => outcome === "failure").length,
    others: outcomes.filter((outcome) => outcome === "unknown").length,
    medianMs: durations[Math.floor(durations.length / 2)]
  }
}
