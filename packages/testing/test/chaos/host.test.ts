import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { connect, eventually, host, node, processes, waitForLine } from "../../src/index.ts"
import { report, sleepersOf, uniqueSeconds } from "./chaos.ts"

const ROUNDS = 50
const CHILDREN = 300

/** Sends the host its end, in the ways in which hosts end. */
const deaths: ReadonlyArray<readonly [how: string, rounds: number, kill: (pid: number) => void]> = [
  ["SIGKILL", ROUNDS, (pid) => process.kill(pid, "SIGKILL")],
  ["SIGTERM", 2, (pid) => process.kill(pid, "SIGTERM")],
  ["SIGINT", 2, (pid) => process.kill(pid, "SIGINT")],
  ["SIGHUP", 2, (pid) => process.kill(pid, "SIGHUP")],
  ["SIGABRT", 2, (pid) => process.kill(pid, "SIGABRT")]
]

it.live.each(deaths)(
  "a host that ends by %s leaves nobody behind, of whatever kind, in each of %i rounds",
  ([how, rounds, kill]) =>
    Effect.gen(function* () {
      const times: Array<number> = []
      for (let round = 0; round < rounds; round++) {
        const seconds = uniqueSeconds()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const client = yield* connect()
            const crowd = yield* client.spawn(node, [host("crowd.ts"), String(CHILDREN), seconds], { waitForEof: true })
            yield* waitForLine(crowd, "ready")
            // Of each five children six sleep: one has two.
            assert.isAtLeast(sleepersOf(seconds).length, CHILDREN)
            const startedAt = performance.now()
            // The host alone: whatever else dies was ended by its launcher.
            kill(crowd.pid)
            yield* eventually(
              "nobody is left",
              Effect.sync(() => sleepersOf(seconds)),
              (left) => left.length === 0
            )
            times.push(performance.now() - startedAt)
            yield* eventually(
              "its launcher is gone, too",
              Effect.sync(() => processes().filter(({ parent, state }) => parent === crowd.pid && state !== "Z")),
              (left) => left.length === 0
            )
          })
        )
      }
      report(`a host of ${CHILDREN} children, by ${how}: until nobody was left (survivors: 0)`, times)
    }).pipe(Effect.provide(Broker.layer({ spawner: "direct" }))),
  { timeout: 1_200_000 }
)
