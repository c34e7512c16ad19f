import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Size } from "./scenarios/Scenario.ts"
import { type ScenarioName, scenarioNames } from "./scenarios/index.ts"
import { type SubjectName, subjectNames } from "./subjects/index.ts"

export interface Options {
  readonly scenarios: ReadonlyArray<ScenarioName>
  readonly subjects: ReadonlyArray<SubjectName>
  readonly size: Size
  /** How often each is measured. Absent: as often as the time of the scenario allows. */
  readonly rounds: number | undefined
  /** Where results are written, if they are. */
  readonly results: string | undefined
}

const ownResults = fileURLToPath(new URL("../results", import.meta.url))

/** What the command line asks for. Throws an Error that says what there is instead of what was asked for. */
export const readOptions = (args: ReadonlyArray<string>): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      subjects: { type: "string" },
      rounds: { type: "string" },
      results: { type: "string" }
    }
  })
  const whole = !values.quick && values.subjects === undefined && values.rounds === undefined
  return {
    scenarios: choose("scenario", scenarioNames, positionals),
    subjects: choose("subject", subjectNames, values.subjects?.split(",") ?? []),
    size: values.quick ? "quick" : "full",
    rounds: values.rounds === undefined ? undefined : readCount(values.rounds),
    // Results that are kept are whole: of every subject, in full size, in all rounds.
    results: values.results ?? (whole ? ownResults : undefined)
  }
}

const readCount = (text: string): number => {
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`--rounds needs a number from 1 on, not ${text}.`)
  return Number(text)
}

/** Those that are named, in the order in which there are; all of them if none is. */
const choose = <Name extends string>(
  kind: string,
  all: ReadonlyArray<Name>,
  named: ReadonlyArray<string>
): ReadonlyArray<Name> => {
  const unknown = named.find((name) => !all.some((each) => each === name))
  if (unknown !== undefined) throw new Error(`There is no ${kind} ${unknown}. There are: ${all.join(", ")}.`)
  return named.length === 0 ? all : all.filter((name) => named.includes(name))
}
