/**
 * `pnpm bench [scenario …]`: every subject in the same run, round by round in turn, each measurement in a process of its
 * own. Prints medians, and writes them to `bench/results/latest.json`.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { mkdir, writeFile } from "node:fs/promises"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { type Result, summarise, table } from "./results.ts"
import { scenarios } from "./scenarios/index.ts"
import { subjects } from "./subjects/index.ts"

const host = fileURLToPath(new URL("./host.ts", import.meta.url))
const results = new URL("../results/", import.meta.url)

type Sample = Readonly<Record<string, number>>

const measure = (client: Client["Service"], scenario: string, subject: string, heapBytes: number) =>
  Effect.gen(function* () {
    const args = [
      "--max-old-space-size=12000",
      "--expose-gc",
      "--disable-warning=ExperimentalWarning",
      host,
      scenario,
      subject,
      `${heapBytes}`
    ]
    const { exit, stdout, stderr } = yield* client.run(process.execPath, args, { timeout: "5 minutes" })
    if (exit._tag !== "Exited" || exit.code !== 0) return yield* Effect.die(`${subject} failed: ${stderr}`)
    return JSON.parse(stdout) as Sample
  })

const measureScenario = (client: Client["Service"], name: string) =>
  Effect.gen(function* () {
    const { title, heaps, rounds } = scenarios[name]!
    const rows: Array<Result> = []
    for (const heapBytes of heaps) {
      const samples = new Map<string, Array<Sample>>()
      for (let round = 1; round <= rounds; round++) {
        for (const subject of Object.keys(subjects)) {
          process.stderr.write(`${name}, heap ${heapBytes / 2 ** 30} GB, round ${round} of ${rounds}: ${subject}\n`)
          const sample = yield* measure(client, name, subject, heapBytes)
          samples.set(subject, [...(samples.get(subject) ?? []), sample])
        }
      }
      rows.push(...summarise(name, heapBytes, samples))
    }
    console.log(`\n${title}\n${table(rows)}`)
    return rows
  })

const program = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const token = yield* broker.mint({
      subject: "bench",
      commands: [{ command: process.execPath, args: true }],
      env: { inherit: ["HOME"] }
    })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const measured = yield* Effect.forEach(names, (name) => measureScenario(client, name))
    const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, platform: process.platform }
    yield* Effect.promise(() => write({ machine, results: measured.flat() }))
  }).pipe(Effect.scoped)

const write = async (report: object): Promise<void> => {
  await mkdir(results, { recursive: true })
  await writeFile(new URL("latest.json", results), `${JSON.stringify(report, undefined, 2)}\n`)
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => scenarios[name] === undefined)
if (unknown === undefined) await Effect.runPromise(program(wanted.length > 0 ? wanted : Object.keys(scenarios)))
else {
  console.error(`There is no scenario ${unknown}. There are: ${Object.keys(scenarios).join(", ")}.`)
  process.exitCode = 2
}
