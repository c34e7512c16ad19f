import { type ScenarioName, scenarios } from "../scenarios/index.ts"
import { metricsOf } from "./metrics.ts"
import type { Result, Sample } from "./Result.ts"

/** Medians and spread of every figure that was measured, metric by metric. */
export const summarise = (
  scenario: ScenarioName,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>
): ReadonlyArray<Result> =>
  metricsOf(scenarios[scenario]).flatMap(({ label: metric, unit }) =>
    [...samples].flatMap(([subject, rounds]) => {
      const values = rounds.flatMap((round) => round[metric] ?? []).map(toFourDigits)
      return values.length === 0 ? [] : [{ scenario, subject, metric, unit, ...spread(values), samples: values }]
    })
  )

const spread = (values: ReadonlyArray<number>): Pick<Result, "median" | "min" | "max"> => {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]!
  const lower = sorted[(sorted.length - 1) >> 1]!
  return { median: toFourDigits((lower + upper) / 2), min: sorted[0]!, max: sorted.at(-1)! }
}

/** Nothing here is measured more exactly than that. */
const toFourDigits = (value: number): number => Number(value.toPrecision(4))
