import type { BallastName } from "../instruments/ballast.ts"
import type { Metric, Scenario } from "../scenarios/Scenario.ts"

/** A figure of a scenario under one ballast. */
export interface ReportedMetric extends Metric {
  readonly ballast: BallastName
  /** Under which name the host reports it. */
  readonly key: string
}

/** Every figure of a scenario, by its name in the results. Where the host is measured in several sizes, the name says which. */
export const metricsOf = ({ ballasts, metrics }: Scenario): ReadonlyArray<ReportedMetric> =>
  Object.entries(metrics).flatMap(([key, metric]) =>
    ballasts.map((ballast) => ({
      ...metric,
      key,
      ballast,
      label: ballasts.length === 1 ? metric.label : `${metric.label}, ${ballast}`
    }))
  )
