/** Ours, with everything recorded: a history, of outputs too, an audit, and somebody who hears all facts. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect, subjectOf } from "./spawnbroker.ts"
import type { MakeSubject } from "./Subject.ts"

/** What is kept of the output of each process. */
const OUTPUT_BYTES = 1024 * 1024

export const spawnbrokerRecorded: MakeSubject = async () => {
  const directory = mkdtempSync(join(tmpdir(), "spawnbroker-bench-"))
  const scope = Scope.makeUnsafe()
  const options = {
    spawner: "launcher",
    history: { file: join(directory, "history.db") },
    audit: { file: join(directory, "audit.jsonl") }
  } as const
  const { broker, client } = await Effect.runPromise(Scope.provide(connect(options, { output: OUTPUT_BYTES }), scope))
  const hearing = Effect.runFork(Stream.runDrain(broker.events))
  return {
    ...subjectOf(client),
    recorded: (count) => {
      const whole = Stream.runCount(Stream.filter(client.history(), ({ bytes }) => bytes !== undefined))
      const all = Effect.repeat(whole, { schedule: Schedule.spaced("50 millis"), until: (found) => found >= count })
      return Effect.runPromise(Effect.asVoid(all))
    },
    search: (matches) => {
      const search = Effect.ignore(Stream.runDrain(client.history({ output: { matches } })))
      const searching = Effect.runFork(Effect.forever(search))
      return () => Effect.runPromise(Fiber.interrupt(searching))
    },
    close: async () => {
      await Effect.runPromise(Fiber.interrupt(hearing))
      await Effect.runPromise(Scope.close(scope, Exit.void))
      rmSync(directory, { recursive: true })
    }
  }
}
