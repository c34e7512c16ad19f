/** A history whose host is killed while it writes. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { DatabaseSync } from "node:sqlite"
import { randomInt } from "node:crypto"
import { join } from "node:path"
import { connect, host, node } from "../../src/index.ts"
import { temporaryDirectory } from "../../src/harness.ts"

const RUNS = 20
const PROCESSES = 10_000

/** What a killed host may not have written. */
const LAST_MS = 1000

/** A process that a host has seen exit. */
interface Seen {
  readonly id: string
  readonly at: number
}

/** Runs a host for a while, and kills it. Answers what it had seen exit a second before that. */
const runAndKill = (file: string) =>
  Effect.gen(function* () {
    const client = yield* connect()
    const running = yield* client.spawn(node, [host("history.ts"), file])
    const seen: Array<Seen> = []
    const first = Promise.withResolvers<void>()
    const reading = running.stdoutLines.pipe(
      Stream.runForEach((line) => {
        const [id, at] = line.split(" ")
        first.resolve()
        return Effect.sync(() => seen.push({ id: id!, at: Number(at) }))
      })
    )
    const read = yield* Effect.forkScoped(reading)
    yield* Effect.promise(() => first.promise)
    yield* Effect.sleep(randomInt(LAST_MS, 1.5 * LAST_MS))
    const killedAt = Date.now()
    yield* running.kill({ signal: "SIGKILL" })
    yield* running.exit
    yield* Fiber.join(read)
    return seen.filter(({ at }) => at <= killedAt - LAST_MS).map(({ id }) => id)
  }).pipe(Effect.scoped)

const check = (file: string, ids: ReadonlyArray<string>): number => {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    assert.deepInclude(database.prepare("PRAGMA integrity_check").get(), { integrity_check: "ok" })
    const rows = database.prepare("SELECT id, state, code FROM processes").all()
    const known = new Map(rows.map(({ id, state, code }) => [id as string, { state, code }]))
    for (const id of ids) assert.deepInclude(known.get(id) ?? {}, { code: 0 }, id)
    return rows.length
  } finally {
    database.close()
  }
}

layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true })("a history", (each) => {
  each.effect(
    "of hosts that are killed at any moment is whole, and misses the last second at most",
    () =>
      Effect.gen(function* () {
        const file = join(yield* temporaryDirectory, "history.db")
        let checked = 0
        let recorded = 0
        for (let run = 0; run < RUNS || recorded < PROCESSES; run++) {
          const ids = yield* runAndKill(file)
          recorded = check(file, ids)
          checked += ids.length
        }
        assert.isAbove(checked, RUNS)
        // What ran when they were killed: the next broker tells of none that it runs.
        const broker = yield* Broker.start({ history: { file } })
        const unended = broker.history({ states: ["running", "exited"] })
        assert.deepStrictEqual(yield* Stream.runCollect(unended), [])
      }).pipe(Effect.scoped),
    600_000
  )
})
