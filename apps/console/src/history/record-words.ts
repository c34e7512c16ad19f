import { describeExit, type HistoryRecord } from "@spawnbroker/client"

export type Outcome = "success" | "failure" | "unknown"

/** `unknown`: it runs, or its broker ended first. */
export const outcomeOf = ({ exit }: HistoryRecord): Outcome => {
  if (exit === undefined) return "unknown"
  return exit._tag === "Exited" && exit.code === 0 ? "success" : "failure"
}

/** How it has ended, and whether that is good. */
export const showRecordState = (record: HistoryRecord): { readonly text: string; readonly tone: string } => {
  if (record.exit === undefined) return { text: record.state, tone: record.state === "running" ? "live" : "quiet" }
  const by = record.killedBy === undefined ? "" : ` by ${record.killedBy}`
  const isWanted = record.killedBy === "client"
  const tone = outcomeOf(record) === "success" ? "good" : isWanted ? "quiet" : "bad"
  return { text: describeExit(record.exit) + by, tone }
}
