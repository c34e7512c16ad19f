import { describeExit, type ExitStatus, type KilledBy, type ProcessError } from "@spawnbroker/client"
import type { ClientName } from "../policies.ts"

/** Where one process is in its life, as far as the table shows it. */
export type RowState =
  | { readonly _tag: "Starting" }
  | { readonly _tag: "Running"; readonly pid: number }
  | { readonly _tag: "Ended"; readonly exit: ExitStatus; readonly killedBy: KilledBy | undefined }
  | { readonly _tag: "Refused"; readonly error: ProcessError }
  /** Its job ended before it was known how the process did. */
  | { readonly _tag: "Abandoned" }

/** Whether the process did what its job expected: decided when the job ends. */
type Mark = "open" | "right" | "wrong" | "skipped"

/** A line of the table: a process, or one that was asked for and refused. Times are of `performance.now()`. */
export interface Row {
  readonly id: string
  readonly client: ClientName
  readonly command: string
  readonly startedAt: number
  state: RowState
  mark: Mark
  bytes: number
  endedAt: number | undefined
}

export const isLive = ({ state }: Row): boolean => state._tag === "Starting" || state._tag === "Running"

export const describeState = (state: RowState): string => {
  if (state._tag === "Ended") return describeEnd(state.exit, state.killedBy)
  if (state._tag === "Refused") {
    return `${state.error.code} ${"rule" in state.error ? state.error.rule : state.error._tag}`
  }
  return simpleStates[state._tag]
}

const simpleStates = { Starting: "starting", Running: "running", Abandoned: "ended with its job" } as const

const describeEnd = (exit: ExitStatus, killedBy: KilledBy | undefined): string => {
  if (killedBy === undefined) return describeExit(exit)
  const how = exit._tag === "Signaled" ? exit.signal : describeExit(exit)
  return killedBy === "timeout" ? `timed out, ${how}` : `killed, ${how}`
}
