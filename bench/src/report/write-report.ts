import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { type ScenarioName, scenarioNames } from "../scenarios/index.ts"
import { readSetting, type Setting } from "./machine.ts"
import { plot } from "./plot.ts"
import type { Result } from "./Result.ts"

interface Report extends Setting {
  readonly results: ReadonlyArray<Result>
}

/**
 * Puts what was measured of a scenario into `latest.json` of a folder, and its plot beside it.
 *
 * Results of other scenarios stay, if they are of the same machine with the same versions. Within a scenario everything is
 * of one run.
 */
export const writeReport = async (
  folder: string,
  measured: ScenarioName,
  rows: ReadonlyArray<Result>
): Promise<void> => {
  const file = join(folder, "latest.json")
  const setting = await readSetting()
  const earlier = await readEarlier(file, setting)
  const results = scenarioNames.flatMap((name) =>
    name === measured ? rows : earlier.filter(({ scenario }) => scenario === name)
  )
  await mkdir(folder, { recursive: true })
  await writeFile(file, print({ ...setting, results }))
  await writeFile(join(folder, `${measured}.svg`), plot(measured, rows))
}

/** A line for each result, so that a difference between two runs can be read. */
const print = ({ machine, versions, results }: Report): string =>
  [
    `{"machine": ${JSON.stringify(machine)},`,
    ` "versions": ${JSON.stringify(versions)},`,
    ` "results": [`,
    results.map((result) => `  ${JSON.stringify(result)}`).join(",\n"),
    ` ]}\n`
  ].join("\n")

const readEarlier = async (file: string, { machine, versions }: Setting): Promise<ReadonlyArray<Result>> => {
  const text = await readFile(file, "utf8").catch(() => "{}")
  const earlier = JSON.parse(text) as Partial<Report>
  const same = isDeepStrictEqual({ machine, versions }, { machine: earlier.machine, versions: earlier.versions })
  return same ? (earlier.results ?? []) : []
}
