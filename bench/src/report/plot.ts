/** A plot of one scenario: bars for the medians, a line over each from the smallest to the largest sample. */
import { type ScenarioName, scenarios } from "../scenarios/index.ts"
import { isOurs } from "../subjects/index.ts"
import { formatFigure } from "./format.ts"
import { metricsOf, type ReportedMetric } from "./metrics.ts"
import type { Result } from "./Result.ts"

const WIDTH = 860
const MARGIN = 16
const NAMES = 190
const FIGURES = 130
const BARS = WIDTH - NAMES - FIGURES - 2 * MARGIN
const ROW = 22
const TITLE = 34
const HEADING = 40

/** The picture brings its colours for both backgrounds, since an image does not see the page that shows it. */
const STYLE = `
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.heading { font-weight: 600 }
.quiet { fill: #59636e; font-weight: 400 }
.peer { fill: #afb8c1 }
.ours { fill: #0969da }
.spread { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .quiet { fill: #9198a1 }
  .peer { fill: #59636e }
  .ours { fill: #4493f8 }
  .spread { stroke: #f0f6fc }
}`

export const plot = (scenario: ScenarioName, results: ReadonlyArray<Result>): string => {
  const groups = metricsOf(scenarios[scenario])
    .map((metric) => ({ metric, rows: results.filter((result) => result.metric === metric.label) }))
    .filter(({ rows }) => rows.length > 0)
  let top = MARGIN + TITLE
  const drawn = groups.map(({ metric, rows }) => {
    const group = drawGroup(metric, rows, top)
    top += HEADING + rows.length * ROW
    return group
  })
  const title = `${scenario}: ${scenarios[scenario].title}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + MARGIN}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}\n</style>`,
    text(MARGIN, MARGIN + 14, "title", title),
    ...drawn,
    "</svg>",
    ""
  ].join("\n")
}

const drawGroup = ({ label, unit, better }: ReportedMetric, rows: ReadonlyArray<Result>, top: number): string => {
  const most = Math.max(...rows.map(({ max }) => max))
  const scale = (value: number): number => (most > 0 ? (Math.max(0, value) / most) * BARS : 0)
  const heading =
    `<text x="${MARGIN}" y="${top + 14}" class="heading">${escape(label)}` +
    `<tspan class="quiet">  ${escape(unit)}, ${better} is better</tspan></text>`
  return [heading, ...rows.map((result, index) => drawRow(result, scale, top + 24 + index * ROW))].join("\n")
}

const drawRow = ({ subject, median, min, max }: Result, scale: (value: number) => number, top: number): string => {
  const left = MARGIN + NAMES
  const middle = top + ROW / 2
  const at = (value: number): string => (left + scale(value)).toFixed(1)
  return [
    text(MARGIN, middle + 4, isOurs(subject) ? "heading" : "name", subject),
    `<rect x="${left}" y="${top + 3}" width="${Math.max(1, scale(median)).toFixed(1)}" height="${ROW - 6}" rx="2" class="${isOurs(subject) ? "ours" : "peer"}"/>`,
    `<line x1="${at(min)}" x2="${at(max)}" y1="${middle}" y2="${middle}" class="spread"/>`,
    text(left + scale(max) + 8, middle + 4, "figure", formatFigure(median))
  ].join("")
}

const text = (x: number, y: number, style: string, content: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${style}">${escape(content)}</text>`

const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")
