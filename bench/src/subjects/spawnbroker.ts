import { Broker, type SpawnerChoice } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { MakeSubject } from "./Subject.ts"

/** Ours, through the public client and its Effect streams. */
export const spawnbroker = (spawner: SpawnerChoice): MakeSubject =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ spawner })
    const commands = ["true", "head", "cat"].map((command) => ({ command, args: true as const }))
    const token = yield* broker.mint({ subject: "bench", commands })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const run = (command: string, args: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const process = yield* client.spawn(command, args, { stdin: "ignore" })
        yield* Effect.all([Stream.runDrain(process.stdout), Stream.runDrain(process.stderr), process.exit], {
          concurrency: "unbounded",
          discard: true
        })
      }).pipe(Effect.scoped)
    return { run: (command, args) => Effect.runPromise(run(command, args)) }
  })
