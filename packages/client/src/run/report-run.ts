/**
 * The words for a run: what happened, what the process said last, and what to do next.
 */
import { commandLine, describeExit, isSuccess, printable } from "@spawnbroker/protocol"
import { hintFor } from "./hints.ts"
import type { RunResult } from "./RunResult.ts"

/** How much of stderr is shown. More: the cause is seldom missed. Less: the summary is not scrolled away. */
const MAX_LINES = 20
const MAX_BYTES = 4096

export const reportRun = (result: RunResult): string =>
  [summarize(result), ...lastWords(result), ...hintFor(result).map((hint) => `hint: ${hint}`)].join("\n")

/** `git push origin main: exit code 128 after 1.2 s`. */
const summarize = (result: RunResult): string =>
  printable(`${commandLine(result.command, result.args)}: ${describeEnd(result)}`)

const describeEnd = ({ exit, timedOut, cancelled, stoppedAfterMs, durationMs }: RunResult): string => {
  const end = describeExit(exit)
  if (!timedOut && !cancelled) {
    return exit._tag === "Exited"
      ? `${end} after ${describeDuration(durationMs)}`
      : `ended by ${end} after ${describeDuration(durationMs)}`
  }
  const stopped = `${timedOut ? "timed out" : "cancelled"} after ${describeDuration(stoppedAfterMs ?? durationMs)}`
  return `${stopped}, ${exit._tag === "Exited" ? end : `ended by ${end}`}`
}

/** The last lines of stderr, each indented, so that none of them looks like one of ours. */
const lastWords = (result: RunResult): ReadonlyArray<string> => {
  const stderr = tailOf(result.stderrBytes)
  if (stderr.length > 0 || isSuccess(result.exit)) return stderr
  const stdout = tailOf(result.stdoutBytes)
  return stdout.length === 0 ? [] : ["(nothing on stderr; the last lines of stdout)", ...stdout]
}

const tailOf = (bytes: Uint8Array): ReadonlyArray<string> => {
  const shown = bytes.subarray(-MAX_BYTES)
  const lines = new TextDecoder().decode(shown).trimEnd().split("\n")
  const last = lines.slice(-MAX_LINES)
  if (last.every((line) => line.trim() === "")) return []
  const isCut = shown.byteLength < bytes.byteLength || last.length < lines.length
  return [...(isCut ? ["  …"] : []), ...last.map((line) => `  ${printable(asSeen(line))}`)]
}

/** What a terminal would show of a line that was written over and over, as progress is, and of its tabs. */
const asSeen = (line: string): string => {
  const text = line.trimEnd()
  return text.slice(text.lastIndexOf("\r") + 1).replaceAll("\t", "    ")
}

/** `50 ms`, `1.2 s`, `3 min 5 s`, `2 h 10 min`. */
const describeDuration = (ms: number): string => {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
