/** Figures and states as one reads them. */
import { commandLine, describeExit, type ExitStatus, isSuccess, type ProcessInfo } from "@spawnbroker/client"
import type { State } from "../parts/StateText.tsx"

export const showCommand = ({ command, args }: Pick<ProcessInfo, "command" | "args">): string =>
  commandLine(command, args)

export const showBytes = (bytes: number): string => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"]
  let unit = 0
  let value = bytes
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export const showDuration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`
}

/** Of one processor. */
export const showShare = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

export const showTime = (at: number): string => new Date(at).toLocaleString()

export const isRunning = ({ state }: ProcessInfo): boolean => state === "starting" || state === "running"

interface Ending {
  readonly exit: ExitStatus
  readonly killedBy?: ProcessInfo["killedBy"] | undefined
}

/** How it has ended, and who has ended it. */
export const showEnd = ({ exit, killedBy }: Ending): string =>
  describeExit(exit) + (killedBy === undefined ? "" : ` by ${killedBy}`)

/** The same, and whether it is good: what a client has ended was meant to be. */
export const stateOfEnd = (ending: Ending): State => {
  const tone = isSuccess(ending.exit) ? "good" : ending.killedBy === "client" ? "quiet" : "bad"
  return { text: showEnd(ending), tone }
}

/** What it does, or how it has ended. */
export const showState = (process: ProcessInfo): State => {
  const { state, exit, killedBy } = process
  if (isRunning(process)) return { text: state, tone: "live" }
  if (exit === undefined) return { text: state, tone: state === "failed" ? "bad" : "quiet" }
  return stateOfEnd({ exit, killedBy })
}
