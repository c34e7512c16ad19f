/**
 * `pnpm soak [--minutes 10]`: clients that start, read, feed, kill and abandon processes at random, others that come and go,
 * and a launcher that is killed every twenty seconds; and whether anything grows. Every byte that was read to the end is
 * compared by its SHA-256. Exits with 1 if something has grown or a byte was wrong.
 */
import { randomInt } from "node:crypto"
import { parseArgs } from "node:util"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { collectGarbage } from "../instruments/collect-garbage.ts"
import { acts, crashLaunchers, visit } from "./acts.ts"
import { findGrowth, type Sample, takeSample } from "./watch.ts"

const ACTORS = 12
const SAMPLE_EVERY_MS = 5000
/** Samples from one death of the launcher to the next. */
const CRASH_EVERY = 4

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } })
const endsAt = performance.now() + Number(values.minutes) * 60_000

const choose = () => {
  let at = randomInt(acts.reduce((sum, { weight }) => sum + weight, 0))
  return acts.find(({ weight }) => (at -= weight) < 0)!
}

const soak = Effect.gen(function* () {
  const broker = yield* Broker.start({ spawner: "launcher", policyWarnings: "ignore" })
  const commands = ["seq", "cat", "sh", "head", "sleep", "true"].map((command) => ({ command, args: true as const }))
  const token = yield* broker.mint({ subject: "soak", commands })
  const startedAt = performance.now()
  const samples: Array<Sample> = []
  let [done, failed, crashes] = [0, 0, 0]

  /** One client for the length of a round, whose end nobody announces. */
  const actor = (until: number) =>
    Effect.scoped(
      Effect.gen(function* () {
        const client = yield* Client.connect(broker.openPort(), token)
        while (performance.now() < until) {
          // What a death of the launcher does to those under way is an error, and none of theirs.
          yield* choose()
            .run(client)
            .pipe(Effect.catch(() => Effect.sync(() => void failed++)))
          done++
        }
      })
    )

  for (let round = 1; performance.now() < endsAt; round++) {
    const until = performance.now() + SAMPLE_EVERY_MS
    const actors = yield* Effect.forEach(Array.from({ length: ACTORS }), () => Effect.forkChild(actor(until)))
    yield* Effect.ignore(visit(broker, token))
    if (round % CRASH_EVERY === 0) {
      yield* Effect.sleep(SAMPLE_EVERY_MS / 2)
      yield* crashLaunchers
      crashes++
    }
    yield* Fiber.joinAll(actors)
    yield* Effect.repeat(broker.stats, { until: ({ processes }) => processes.live === 0 })
    yield* Effect.promise(collectGarbage)
    const sample = takeSample(startedAt)
    samples.push(sample)
    const { descriptors, residentMb, heapMb, resources, listeners, processes } = sample
    console.log(
      `${(sample.atMs / 1000).toFixed(0).padStart(4)} s: ${done} acts (${failed} failed, ${crashes} crashes), ${descriptors} descriptors, ${residentMb.toFixed(0)} MB (${heapMb.toFixed(0)} of them the heap), ${resources} resources, ${listeners} listeners, ${processes} processes`
    )
  }
  const growth = findGrowth(samples)
  console.log(growth.length === 0 ? "Nothing has grown, and every byte was right." : `Has grown: ${growth.join(", ")}`)
  if (growth.length > 0) process.exitCode = 1
}).pipe(Effect.scoped)

await Effect.runPromise(soak)
