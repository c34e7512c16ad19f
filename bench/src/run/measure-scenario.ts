import type { ClientHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { type BallastName, ballasts } from "../instruments/ballast.ts"
import { metricsOf } from "../report/metrics.ts"
import type { Sample } from "../report/Result.ts"
import type { Scenario, Size } from "../scenarios/Scenario.ts"
import { type ScenarioName, scenarios } from "../scenarios/index.ts"
import { type SubjectName, subjects } from "../subjects/index.ts"
import { measure } from "./measure.ts"
import { say } from "./say.ts"

interface Extent {
  readonly subjects: ReadonlyArray<SubjectName>
  readonly size: Size
  readonly rounds: number | undefined
}

/** Measures every subject in turn, round by round, so that what disturbs the machine for a while disturbs all of them. */
export const measureScenario = (
  client: ClientHandle,
  scenario: ScenarioName,
  { subjects: names, size, rounds = size === "quick" ? 1 : undefined }: Extent
) =>
  Effect.gen(function* () {
    const taking = names.filter((name) => takesPart(scenario, name))
    const sizes =
      size === "full" ? scenarios[scenario].ballasts.filter(hasRoom) : scenarios[scenario].ballasts.slice(0, 1)
    const samples = new Map<SubjectName, Array<Sample>>(taking.map((name) => [name, []]))
    const another = rounds === undefined ? whileTimeLasts(scenarios[scenario].seconds * 1000) : upTo(rounds)
    for (let round = 1; another(); round++) {
      for (const ballast of sizes) {
        for (const subject of taking) {
          say(`${scenario}, round ${round}, ${ballast}: ${subject}`)
          const figures = yield* measure(client, { scenario, subject, ballast, size })
          samples.get(subject)!.push(nameFigures(scenarios[scenario], ballast, figures))
        }
      }
    }
    return samples
  })

/** Says before each round whether there is to be one. */
type Another = () => boolean

const upTo = (rounds: number): Another => {
  let begun = 0
  return () => begun++ < rounds
}

/** As long as one more round, if it takes as long as those before, ends in time. */
const whileTimeLasts = (milliseconds: number): Another => {
  const startedAt = performance.now()
  let begun = 0
  return () => {
    const done = begun++
    const elapsed = performance.now() - startedAt
    return done === 0 || elapsed + elapsed / done <= milliseconds
  }
}

const takesPart = (scenario: ScenarioName, subject: SubjectName): boolean => {
  const without: { readonly [name in ScenarioName]?: string } = subjects[subject].without
  const reason = without[scenario]
  if (reason !== undefined) say(`${scenario} without ${subject}: ${reason}`)
  return reason === undefined
}

/** What a host needs beside its ballast, at most. */
const HEADROOM = 1.5

const hasRoom = (ballast: BallastName): boolean => {
  const { heapBytes, bufferBytes } = ballasts[ballast]
  const enough = (heapBytes + bufferBytes) * HEADROOM < process.availableMemory()
  if (!enough) say(`without ${ballast}: this machine has not enough free memory`)
  return enough
}

const nameFigures = (scenario: Scenario, ballast: BallastName, figures: Sample): Sample =>
  Object.fromEntries(
    metricsOf(scenario).flatMap((metric) => {
      const figure = figures[metric.key]
      return metric.ballast === ballast && figure !== undefined ? [[metric.label, figure]] : []
    })
  )
