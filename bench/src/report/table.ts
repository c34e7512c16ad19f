import type { ScenarioName } from "../scenarios/index.ts"
import { scenarios } from "../scenarios/index.ts"
import { isOurs } from "../subjects/index.ts"
import { timesBetter } from "./compare.ts"
import { formatFigure } from "./format.ts"
import { metricsOf, type ReportedMetric } from "./metrics.ts"
import type { Result } from "./Result.ts"

/** A block for each metric: a row a subject, with how many times better than it ours are. */
export const table = (scenario: ScenarioName, results: ReadonlyArray<Result>): string =>
  metricsOf(scenarios[scenario])
    .map((metric) =>
      block(
        scenario,
        metric,
        results.filter((result) => result.metric === metric.label)
      )
    )
    .join("\n\n")

const block = (scenario: string, { label, unit, better }: ReportedMetric, results: ReadonlyArray<Result>): string => {
  const ours = results.filter(({ subject }) => isOurs(subject))
  const head = row([
    `${scenario}: ${label} (${unit}, ${better} is better)`,
    "median",
    "min–max",
    ...ours.map(({ subject }) => subject)
  ])
  const rows = results.map((result) =>
    row([
      `  ${result.subject}`,
      formatFigure(result.median),
      `${formatFigure(result.min)}–${formatFigure(result.max)}`,
      ...ours.map((each) => (isOurs(result.subject) ? "" : formatTimes(timesBetter(better, each, result))))
    ])
  )
  return [head, ...rows].join("\n")
}

const WIDTHS = [66, 11, 19, 22, 22]

const row = (cells: ReadonlyArray<string>): string =>
  cells
    .map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]!) : cell.padStart(WIDTHS[index]!)))
    .join("")
    .trimEnd()

const formatTimes = (times: number | undefined): string => (times === undefined ? "" : `${formatFigure(times)} ×`)
