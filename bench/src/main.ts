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
    const args = ["--max-old-space-size=12000", "--expose-gc", "--disable-warning=ExperimentalWarning", host, scenario, subject, `${heapBytes}`]
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

const program = Effect.gen(function* () {
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith("-"))
  const unknown = wanted.find((name) => scenarios[name] === undefined)
  if (unknown !== undefined) return yield* Effect.die(`There is no scenario ${unknown}; there are: ${Object.keys(scenarios).join(", ")}`)
  const broker = yield* Broker.start()
  const token = yield* broker.mint({
    subject: "bench",
    commands: [{ command: process.execPath, args: true }],
    env: { inherit: ["HOME"] }
  })
  const client = yield* Client.connect(yield* broker.openPort(), token)
  const rows: Array<Result> = []
  for (const name of wanted.length > 0 ? wanted : Object.keys(scenarios)) rows.push(...(yield* measureScenario(client, name)))
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, platform: process.platform }
  yield* Effect.promise(async () => {
    await mkdir(results, { recursive: true })
    await writeFile(new URL("latest.json", results), `${JSON.stringify({ machine, results: rows }, undefined, 2)}\n`)
  })
}).pipe(Effect.scoped)

await Effect.runPromise(program)
