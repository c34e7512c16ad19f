import { type ScenarioName, scenarios } from "../scenarios/index.ts"
import { isOurs } from "../subjects/index.ts"
import { timesBetter } from "./compare.ts"
import { formatFigure } from "./format.ts"
import { metricsOf, type ReportedMetric } from "./metrics.ts"
import type { Result } from "./Result.ts"

/** A block for each metric that was measured: a row a subject, with how many times better than it ours are. */
export const table = (scenario: ScenarioName, results: ReadonlyArray<Result>): string =>
  metricsOf(scenarios[scenario])
    .map((metric) => ({ metric, rows: results.filter((result) => result.metric === metric.label) }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ metric, rows }) => block(scenario, metric, rows))
    .join("\n\n")

const block = (scenario: string, { label, unit, better }: ReportedMetric, results: ReadonlyArray<Result>): string => {
  const ours = results.filter(({ subject }) => isOurs(subject))
  return [
    `${scenario}: ${label} (${unit}, ${better} is better)`,
    row(["", "median", "min–max", ...ours.map(({ subject }) => subject)]),
    ...results.map((result) =>
      row([
        `  ${result.subject}`,
        formatFigure(result.median),
        `${formatFigure(result.min)}–${formatFigure(result.max)}`,
        ...ours.map((each) => (isOurs(result.subject) ? "" : formatTimes(timesBetter(better, each, result))))
      ])
    )
  ].join("\n")
}

/** Of the columns. The first is the subject's name, the last are our two. */
const WIDTHS = [24, 12, 24, 22, 22]

const row = ([name = "", ...cells]: ReadonlyArray<string>): string =>
  [name.padEnd(WIDTHS[0]!), ...cells.map((cell, index) => cell.padStart(WIDTHS[index + 1]!))].join("").trimEnd()

const formatTimes = (times: number | undefined): string => (times === undefined ? "" : `${formatFigure(times)} ×`)
