import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { connect, eventually, launcher, waitForLine } from "../../src/index.ts"
import { crowdScripts } from "../../src/hosts/crowd-scripts.ts"
import { report, sleepersOf, uniqueSeconds } from "./chaos.ts"

const ROUNDS = 50
const CHILDREN = 20

it.live(
  `a launcher that is killed takes its children with it, and their descendants, and the next one starts; ${ROUNDS} times`,
  () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const ends: Array<number> = []
      const recoveries: Array<number> = []
      for (let round = 0; round < ROUNDS; round++) {
        const seconds = uniqueSeconds()
        // A descendant without parents and without its environment is found by nobody once the launcher is gone.
        const scripts = crowdScripts(seconds).slice(0, -1)
        const children = yield* Effect.forEach(
          Array.from({ length: CHILDREN }, (_, index) => scripts[index % scripts.length]!),
          (script) =>
            Effect.tap(client.spawn("sh", ["-c", script], { waitForEof: true }), (child) =>
              waitForLine(child, "ready")
            ),
          { concurrency: "unbounded" }
        )
        const startedAt = performance.now()
        process.kill(launcher()!.pid, "SIGKILL")
        for (const child of children) {
          assert.deepStrictEqual(yield* child.exit, { _tag: "Signaled", signal: "SIGKILL" })
        }
        const next = yield* client.run("printf", ["again"])
        recoveries.push(performance.now() - startedAt)
        assert.strictEqual(next.stdout, "again")
        yield* eventually(
          "nobody is left",
          Effect.sync(() => sleepersOf(seconds)),
          (left) => left.length === 0
        )
        ends.push(performance.now() - startedAt)
      }
      report(`a launcher of ${CHILDREN} children, by SIGKILL: until the next command had run`, recoveries)
      report("the same, until nobody was left (survivors: 0)", ends)
    }).pipe(Effect.scoped, Effect.provide(Broker.layer({ spawner: "launcher" }))),
  { timeout: 600_000 }
)
