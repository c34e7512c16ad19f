/**
 * `pnpm bench [scenario …] [options]`: every subject in the same run, round by round in
 * turn, each measurement in a process of its own. Prints medians and ratios, and writes them with plots to `bench/results`.
 */
import * as Effect from "effect/Effect"
import { type Options, readOptions } from "./options.ts"
import { summarise } from "./report/summarise.ts"
import { table } from "./report/table.ts"
import { writeReport } from "./report/write-report.ts"
import { connect } from "./run/connect.ts"
import { measureScenario } from "./run/measure-scenario.ts"
import { prepareRuntimes } from "./run/runtimes.ts"
import { say } from "./run/say.ts"
import { subjects } from "./subjects/index.ts"

const bench = ({ scenarios, subjects: wanted, size, rounds, results }: Options) =>
  Effect.gen(function* () {
    const startedAt = performance.now()
    const { hosts, installs } = yield* connect
    const usable = yield* prepareRuntimes(installs, new Set(wanted.map((name) => subjects[name].runtime)))
    const names = wanted.filter((name) => usable.has(subjects[name].runtime))
    const folder = names.length === wanted.length ? results : undefined
    if (folder !== results) say("results are not kept, since not every subject takes part")
    for (const scenario of scenarios) {
      const rows = summarise(scenario, yield* measureScenario(hosts, scenario, { subjects: names, size, rounds }))
      console.log(`\n${table(scenario, rows)}\n`)
      if (folder !== undefined) yield* Effect.promise(() => writeReport(folder, scenario, rows))
    }
    say(`${Math.round((performance.now() - startedAt) / 1000)} seconds in all`)
  }).pipe(Effect.scoped)

try {
  await Effect.runPromise(bench(readOptions(process.argv.slice(2))))
} catch (problem) {
  console.error(problem instanceof Error ? problem.message : problem)
  process.exitCode = 1
}
