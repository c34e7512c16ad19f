import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { BrokerMetricsSnapshot } from "../Broker.ts"
import type { Histogram } from "../link/Histogram.ts"
import { SECONDS_BOUNDS } from "../link/seconds-bounds.ts"
import { type MetricRow, metricTable, type Reading } from "./metric-table.ts"

/** One series: what the thread of now says, and what those before it had come to. */
interface Series {
  readonly registration: Metric.Registration
  now: Reading
  before: Reading | undefined
}

/**
 * What a broker counts, in the registry of Effect, where each series is read when somebody looks.
 *
 * A counter only grows, also when the broker's thread is replaced and begins at 0: what the old one had come to is added.
 */
export class MetricSeries {
  readonly #context: Context.Context<never>
  readonly #series = new Map<string, Series>()
  #replaced = 0

  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  set(metrics: BrokerMetricsSnapshot): void {
    const isNewThread = metrics.replaced !== this.#replaced
    this.#replaced = metrics.replaced
    for (const row of metricTable) {
      for (const reading of row.read(metrics)) this.#set(row, reading, isNewThread)
    }
  }

  remove(): void {
    for (const { registration } of this.#series.values()) registration.remove()
    this.#series.clear()
  }

  #set(row: MetricRow, reading: Reading, isNewThread: boolean): void {
    const key = JSON.stringify([row.name, reading.labels])
    const known = this.#series.get(key)
    if (known === undefined) {
      this.#series.set(key, this.#register(row, reading))
      return
    }
    if (isNewThread && row.kind !== "gauge" && row.outlastsThread !== true) known.before = sum(known.now, known.before)
    known.now = reading
  }

  #register({ name, kind, help, unit }: MetricRow, reading: Reading): Series {
    const attributes = { ...reading.labels, ...(unit !== undefined && { unit }) }
    const options = { description: help, attributes }
    const read = (): Reading => sum(series.now, series.before)
    const series: Series = {
      registration: this.#registered(name, kind, options, read),
      now: reading,
      before: undefined
    }
    return series
  }

  #registered(
    name: string,
    kind: MetricRow["kind"],
    options: { readonly description: string; readonly attributes: Readonly<Record<string, string>> },
    read: () => Reading
  ): Metric.Registration {
    if (kind === "counter") {
      const counter = Metric.counter(name, { ...options, incremental: true })
      const state = () => ({ count: valueOf(read()), incremental: true })
      return Metric.registerUnsafe(counter, this.#context, readOnly(state))
    }
    if (kind === "gauge") {
      const state = () => ({ value: valueOf(read()) })
      return Metric.registerUnsafe(Metric.gauge(name, options), this.#context, readOnly(state))
    }
    const histogram = Metric.histogram(name, { ...options, boundaries: SECONDS_BOUNDS })
    return Metric.registerUnsafe(
      histogram,
      this.#context,
      readOnly(() => stateOf(read()))
    )
  }
}

const readOnly = <State>(get: () => State) => ({ get, update: () => {}, modify: () => {} })

const valueOf = (reading: Reading): number => ("value" in reading ? reading.value : 0)

/** As Effect has it: of each bucket how many there are up to its bound. */
const stateOf = (reading: Reading): Metric.HistogramState => {
  const { counts, ...rest } = "histogram" in reading ? reading.histogram : none
  let count = 0
  const buckets = SECONDS_BOUNDS.map((bound, index): [number, number] => [bound, (count += counts[index] ?? 0)])
  return { ...rest, buckets, count: count + (counts[SECONDS_BOUNDS.length] ?? 0) }
}

const none: Histogram = { counts: [], sum: 0, min: 0, max: 0 }

const sum = (now: Reading, before: Reading | undefined): Reading => {
  if (before === undefined) return now
  if ("value" in now) return { ...now, value: now.value + valueOf(before) }
  const earlier = "histogram" in before ? before.histogram : none
  const { counts, ...times } = now.histogram
  return {
    ...now,
    histogram: {
      counts: counts.map((count, index) => count + (earlier.counts[index] ?? 0)),
      sum: times.sum + earlier.sum,
      min: Math.min(times.min, earlier.min),
      max: Math.max(times.max, earlier.max)
    }
  }
}
