/** Figures and states as one reads them. */
import { commandLine, describeExit, type ProcessInfo } from "@spawnbroker/client"

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

/** What it does, or how it has ended; and whether that is good. */
export const showState = (
  process: ProcessInfo
): { readonly text: string; readonly tone: "live" | "good" | "bad" | "quiet" } => {
  if (isRunning(process)) return { text: process.state, tone: "live" }
  if (process.exit === undefined) return { text: process.state, tone: process.state === "failed" ? "bad" : "quiet" }
  const isGood = process.exit._tag === "Exited" && process.exit.code === 0
  const by = process.killedBy === undefined ? "" : ` by ${process.killedBy}`
  return {
    text: describeExit(process.exit) + by,
    tone: isGood ? "good" : process.killedBy === "client" ? "quiet" : "bad"
  }
}
