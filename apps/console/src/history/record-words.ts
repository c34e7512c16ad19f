import { type HistoryRecord, isSuccess } from "@spawnbroker/client"
import type { State } from "../parts/StateText.tsx"
import { stateOfEnd } from "../processes/words.ts"

export type Outcome = "success" | "failure" | "unknown"

/** `unknown`: it runs, or its broker ended first. */
export const outcomeOf = ({ exit }: HistoryRecord): Outcome => {
  if (exit === undefined) return "unknown"
  return isSuccess(exit) ? "success" : "failure"
}

/** How it has ended, or what is known instead. */
export const showRecordState = ({ state, exit, killedBy }: HistoryRecord): State =>
  exit === undefined ? { text: state, tone: state === "running" ? "live" : "quiet" } : stateOfEnd({ exit, killedBy })
