/** What the demo says at its end: a line for each kind of work, what was refused, what it cost. */
import type { ProcessError } from "@spawnbroker/client"
import { styleText } from "node:util"
import type { Board } from "./board/Board.ts"
import type { Gauge } from "./board/Gauge.ts"
import { type Group, groups, type JobResult } from "./jobs/Job.ts"
import { cell, count, fit, formatBytes, formatMs, formatSeconds, wrap } from "./screen/format.ts"

export interface Outcome {
  readonly board: Board
  readonly gauge: Pick<Gauge, "longestMs" | "p99Ms">
  readonly durationMs: number
  /** Processes that were still there after the broker had closed. */
  readonly leftovers: ReadonlyArray<string>
}

/** What the demo promises. It can fall short where tools are missing, which is then said. */
const MIN_PEAK = 40

export const isAsExpected = ({ board, leftovers }: Outcome): boolean =>
  board.results.length === board.jobs.length && !has(board, "wrong") && leftovers.length === 0 && reachedPeak(board)

const reachedPeak = (board: Board): boolean => board.peak >= MIN_PEAK || has(board, "skipped")

const has = ({ results }: Board, verdict: JobResult["verdict"]): boolean =>
  results.some((result) => result.verdict === verdict)

/** Lines no wider than `columns`; without that, as wide as they need. */
export const summarize = (outcome: Outcome, columns = Number.POSITIVE_INFINITY): ReadonlyArray<string> => {
  const { results } = outcome.board
  return [
    "",
    ...denialLines(results, columns),
    ...secretLines(results, columns),
    "",
    styleText("bold", header),
    ...groups.map((group) =>
      groupLine(
        group,
        results.filter(({ job }) => job.group === group)
      )
    ),
    "",
    ...exceptionLines(results, columns),
    ...totalLines(outcome).map((line) => fit(line, columns)),
    conclusion(outcome)
  ]
}

const header = `${cell("work", 13)}${["jobs", "processes", "as it should", "skipped", "wrong"].map((title) => `${title}  `).join("")}${cell("bytes", 9, "right")}${cell("longest", 9, "right")}`

const groupLine = (group: Group, results: ReadonlyArray<JobResult>): string => {
  const rows = results.flatMap((result) => result.rows)
  const [right, skipped, wrong] = (["right", "skipped", "wrong"] as const).map(
    (verdict) => results.filter((result) => result.verdict === verdict).length
  )
  const started = rows.filter(({ state }) => state._tag !== "Refused").length
  const line = [
    cell(group, 13),
    number(results.length, 4),
    number(started, 9),
    number(right, 12),
    number(skipped, 7),
    number(wrong, 5),
    cell(formatBytes(rows.reduce((sum, { bytes }) => sum + bytes, 0)), 9, "right"),
    cell(formatSeconds(Math.max(0, ...results.map(({ durationMs }) => durationMs))), 9, "right")
  ].join("")
  return wrong === 0 ? line : styleText("red", line)
}

const number = (value: number | undefined, width: number): string => `${cell(String(value ?? 0), width, "right")}  `

/** As a user of such a client would see it. */
const denialLines = (results: ReadonlyArray<JobResult>, columns: number): ReadonlyArray<string> =>
  results
    .flatMap(({ refusals }) => refusals)
    .flatMap((error, index) => [
      ...(index === 0 ? [styleText("bold", "Refused, as the clients were told:")] : []),
      ...denial(error, columns)
    ])

const denial = (error: ProcessError, columns: number): ReadonlyArray<string> => {
  const [first = "", ...more] = wrap(error.message, columns - INDENT.length)
  return [`  ${styleText("yellow", String(error.code))}  ${first}`, ...more.map((line) => INDENT + line)]
}

const INDENT = " ".repeat(8)

/** That the host's secret is seen by those whose policy names it, and by nobody else. */
const secretLines = (results: ReadonlyArray<JobResult>, columns: number): ReadonlyArray<string> => [
  styleText("bold", "The secret in the environment of the host:"),
  ...results
    .filter(({ job }) => job.group === "environment")
    .map(({ job, words }) => fit(`  ${cell(job.client, 8)}${words}`, columns))
]

/** What was wrong or skipped, with an empty line after it; nothing where there was neither. */
const exceptionLines = (results: ReadonlyArray<JobResult>, columns: number): ReadonlyArray<string> => {
  const exceptions = results.filter(({ verdict }) => verdict !== "right")
  return exceptions.length === 0 ? [] : [...exceptions.map((result) => exceptionLine(result, columns)), ""]
}

const exceptionLine = ({ job, verdict, words }: JobResult, columns: number): string => {
  const line = fit(`${verdict === "wrong" ? "WRONG" : "skipped"}: ${job.client}, ${job.name}: ${words}`, columns)
  return verdict === "wrong" ? styleText("red", line) : line
}

const totalLines = ({ board, gauge, durationMs }: Outcome): ReadonlyArray<string> => {
  const started = board.rows.filter(({ state }) => state._tag !== "Refused").length
  return [
    `${count(started, "process", "processes")} in ${formatSeconds(durationMs)}, ${board.peak} of them at once at the peak, ${formatBytes(board.bytes)} moved.`,
    `Main thread's event loop: at most ${formatMs(gauge.longestMs)} late, p99 ${formatMs(gauge.p99Ms)}.`
  ]
}

const conclusion = (outcome: Outcome): string => {
  const { board, leftovers } = outcome
  if (leftovers.length > 0) return styleText("red", `Left behind: ${leftovers.join(", ")}`)
  if (!reachedPeak(board)) return styleText("red", `Only ${board.peak} processes ran at once, not ${MIN_PEAK}.`)
  return isAsExpected(outcome)
    ? styleText("green", "All was as it should be, and no process was left behind.")
    : styleText("red", "Not all was as it should be. No process was left behind.")
}
