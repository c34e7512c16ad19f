/** When what is found was started and how it ended, and how long each took: drawn, and as a table. */
import type { HistoryRecord } from "@spawnbroker/client"
import { useId, useMemo } from "react"
import { showDuration, showTime } from "../processes/words.ts"
import { outcomeOf } from "./record-words.ts"
import { type Span, spansOf } from "./spans.ts"

/** In the units of the drawings. */
const WIDTH = 480
const HEIGHT = 150
const LEFT = 72
const BOTTOM = 22
const TOP = 10
const INNER_WIDTH = WIDTH - LEFT - 8
const INNER_HEIGHT = HEIGHT - TOP - BOTTOM

const BARS = 32
const ROWS = 8

export const Plots = ({ records }: { readonly records: ReadonlyArray<HistoryRecord> }) => {
  const spans = useMemo(() => spansOf(records, BARS), [records])
  const rows = useMemo(() => spansOf(records, ROWS), [records])
  return (
    <>
      <div className="plots">
        <StartsPlot spans={spans} last={Math.max(...records.map(({ startedAt }) => startedAt))} />
        <DurationPlot records={records} />
      </div>
      <details className="figures">
        <summary>The plots as a table</summary>
        <SpanTable spans={rows} />
      </details>
    </>
  )
}

const totalOf = ({ successes, failures, others }: Span): number => successes + failures + others

const StartsPlot = ({ spans, last }: { readonly spans: ReadonlyArray<Span>; readonly last: number }) => {
  const most = Math.max(...spans.map(totalOf))
  const failures = spans.reduce((sum, span) => sum + span.failures, 0)
  const all = spans.reduce((sum, span) => sum + totalOf(span), 0)
  const width = INNER_WIDTH / spans.length
  return (
    <Plot
      title="Starts over time"
      description={`${all} starts, of which ${failures} failed; failures are at the foot.`}
    >
      <Axis top={String(most)} bottom="0" from={spans[0]!.from} to={last} />
      {spans.map((span, index) => {
        const parts = [
          ["bad", span.failures],
          ["good", span.successes],
          ["quiet", span.others]
        ] as const
        let foot = TOP + INNER_HEIGHT
        return parts.map(([tone, count]) => {
          const height = (count / most) * INNER_HEIGHT
          foot -= height
          return (
            <rect
              key={`${index} ${tone}`}
              data-tone={tone}
              x={LEFT + index * width + 1}
              y={foot}
              width={width - 2}
              height={height}
            />
          )
        })
      })}
    </Plot>
  )
}

const DurationPlot = ({ records }: { readonly records: ReadonlyArray<HistoryRecord> }) => {
  const ended = records.filter(({ durationMs }) => durationMs !== undefined)
  const durations = ended.map(({ durationMs }) => Math.max(1, durationMs!))
  const starts = ended.map(({ startedAt }) => startedAt)
  if (ended.length === 0) return <p className="empty">None of these has ended.</p>
  const [shortest, longest] = [Math.min(...durations), Math.max(...durations)]
  const [first, last] = [Math.min(...starts), Math.max(...starts)]
  const x = (at: number): number =>
    LEFT + 4 + (last === first ? 0.5 : (at - first) / (last - first)) * (INNER_WIDTH - 8)
  const y = (ms: number): number => {
    const share = longest === shortest ? 0.5 : Math.log(ms / shortest) / Math.log(longest / shortest)
    return TOP + 4 + (1 - share) * (INNER_HEIGHT - 8)
  }
  return (
    <Plot
      title="Durations"
      description={`From ${showDuration(shortest)} to ${showDuration(longest)}, on a logarithmic scale; a cross is a failure.`}
    >
      <Axis top={showDuration(longest)} bottom={showDuration(shortest)} from={first} to={last} />
      {ended.map((record, index) => (
        <Dot
          key={record.id}
          x={x(record.startedAt)}
          y={y(durations[index]!)}
          isFailure={outcomeOf(record) === "failure"}
        />
      ))}
    </Plot>
  )
}

const Dot = ({ x, y, isFailure }: { readonly x: number; readonly y: number; readonly isFailure: boolean }) =>
  isFailure ? (
    <path data-tone="bad" className="cross" d={`M${x - 3} ${y - 3}l6 6m0 -6l-6 6`} />
  ) : (
    <circle data-tone="good" cx={x} cy={y} r={2.5} />
  )

interface PlotProps {
  readonly title: string
  readonly description: string
  readonly children: React.ReactNode
}

const Plot = ({ title, description, children }: PlotProps) => {
  const id = useId()
  return (
    <figure>
      <figcaption>
        {title} <span className="quiet">{description}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={`${id}-title ${id}-description`}>
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-description`}>{description}</desc>
        {children}
      </svg>
    </figure>
  )
}

interface AxisProps {
  readonly top: string
  readonly bottom: string
  readonly from: number
  readonly to: number
}

const Axis = ({ top, bottom, from, to }: AxisProps) => {
  const foot = TOP + INNER_HEIGHT
  // Within a day its hour is what tells, over several the day.
  const show = (at: number): string =>
    to - from > 86_400_000 ? new Date(at).toLocaleDateString() : new Date(at).toLocaleTimeString()
  return (
    <>
      <path className="axis" d={`M${LEFT} ${TOP}H${WIDTH - 8}M${LEFT} ${foot}H${WIDTH - 8}`} />
      <text x={LEFT - 6} y={TOP + 4} textAnchor="end">
        {top}
      </text>
      <text x={LEFT - 6} y={foot} textAnchor="end">
        {bottom}
      </text>
      <text x={LEFT} y={HEIGHT - 6}>
        {show(from)}
      </text>
      <text x={WIDTH - 8} y={HEIGHT - 6} textAnchor="end">
        {show(to)}
      </text>
    </>
  )
}

const SpanTable = ({ spans }: { readonly spans: ReadonlyArray<Span> }) => (
  <table>
    <thead>
      <tr>
        <th scope="col">From</th>
        <th scope="col" className="number">
          Started
        </th>
        <th scope="col" className="number">
          Failed
        </th>
        <th scope="col" className="number">
          Median duration
        </th>
      </tr>
    </thead>
    <tbody>
      {spans.map((span) => (
        <tr key={span.from}>
          <td>{showTime(span.from)}</td>
          <td className="number">{totalOf(span)}</td>
          <td className="number">{span.failures}</td>
          <td className="number">{span.medianMs === undefined ? "" : showDuration(span.medianMs)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)
