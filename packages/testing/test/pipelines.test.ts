/** What pipelines are for: gigabytes between processes, of which the main thread knows nothing. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { createHash } from "node:crypto"
import { performance } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import { connect } from "../src/index.ts"

const GB = 1024 ** 3

for (const spawner of ["direct", "launcher"] as const) {
  layer(Broker.layer({ spawner }), { excludeTestServices: true })(`three pipelines at once: ${spawner}`, (it) => {
    it.effect("carry 1 GB each, every byte of it, while the main thread is under 5 % busy", () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const three = (bytes: number) => {
          const stages = [
            { command: "head", args: ["-c", `${bytes}`, "/dev/zero"] },
            { command: "cat" },
            { command: "wc", args: ["-c"] }
          ]
          return Effect.all(
            [1, 2, 3].map(() => client.runPipeline(stages)),
            { concurrency: "unbounded" }
          )
        }
        // What is measured is the run, not the compilation of what it runs.
        yield* Effect.repeat(three(1), { times: 5 })
        const once = Effect.gen(function* () {
          const before = performance.eventLoopUtilization()
          const cpuBefore = process.threadCpuUsage()
          const startedAt = performance.now()
          const results = yield* three(GB)
          const { utilization } = performance.eventLoopUtilization(before)
          const { user, system } = process.threadCpuUsage(cpuBefore)
          const cpu = (user + system) / 1000 / (performance.now() - startedAt)
          const counts = results.map(({ stdout, failed }) => ({ bytes: Number(stdout), failed }))
          const whole = { bytes: GB, failed: false }
          assert.deepStrictEqual(counts, [whole, whole, whole])
          console.log(`main thread: loop ${(utilization * 100).toFixed(1)} % busy, CPU ${(cpu * 100).toFixed(1)} %`)
          assert.isBelow(cpu, 0.05)
          return utilization
        })
        // Where others want the cores too, a loop that waits for one counts as busy. That can only add.
        const isQuiet = (utilization: number): boolean => utilization < 0.05
        assert.isBelow(yield* Effect.repeat(once, { until: isQuiet, times: 3 }), 0.05)
        const { bytes } = yield* Effect.flatMap(Broker, (broker) => broker.stats)
        // What the broker has read is what `wc` said, and nothing of what went by.
        assert.isBelow(bytes.stdout, 1000)
      })
    )

    it.effect("carry the bytes that went in", () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const last = 10_000_000
        const sums = yield* Effect.forEach(
          [1, 2, 3],
          (first) =>
            client.runPipeline([
              { command: "seq", args: [`${first}`, `${last}`] },
              { command: "cat" },
              { command: "sha256sum" }
            ]),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(
          sums.map(({ stdout }) => stdout.slice(0, 64)),
          [1, 2, 3].map((first) => digestOfNumbers(first, last))
        )
      })
    )
  })
}

/** What `seq` prints, by its hash. */
const digestOfNumbers = (first: number, last: number): string => {
  const hash = createHash("sha256")
  for (let from = first; from <= last; from += 100_000) {
    let text = ""
    for (let number = from; number < from + 100_000 && number <= last; number++) text += `${number}\n`
    hash.update(text)
  }
  return hash.digest("hex")
}
