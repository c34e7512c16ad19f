/** Ours, through the public client and its Effect streams. */
import { Broker, type BrokerOptions, type SpawnerChoice } from "@spawnbroker/broker"
import { Client, type ClientHandle, defineTransform, type Policy, type SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { commands } from "../scenarios/commands.ts"
import { publishedLauncher } from "./published-launcher.ts"
import { fromEffectProcess } from "./effect-process.ts"
import type { MakeSubject } from "./Subject.ts"

const ErrorRecord = defineTransform("ndjson", Schema.Struct({ id: Schema.Int, message: Schema.String }))
const onlyErrors = { name: "ndjson", options: { where: { level: "error" }, pick: ["id", "message"] } }

/** A broker as a host of its own would have it, and a client that may run everything. */
export const connect = (options: BrokerOptions, history: Policy["history"] = {}) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore", launcherPath: publishedLauncher(), ...options })
    const grants = Object.values(commands).map((command) => ({ command, args: true as const }))
    const token = yield* broker.mint({ subject: "bench", commands: grants, history, transforms: ["ndjson"] })
    return { broker, client: yield* Client.connect(yield* broker.openPort(), token) }
  })

/** What is done with a client. */
export const subjectOf = (client: ClientHandle, chunks: SpawnOptions["chunks"] = "own") =>
  fromEffectProcess((command, args, stdin) =>
    Effect.map(client.spawn(command, args, { stdin, chunks }), (process) => ({
      pid: process.pid,
      stdout: process.stdout,
      stderr: process.stderr,
      lines: process.stdoutLines,
      exit: process.exit,
      kill: process.kill(),
      write: (data) => void Effect.runFork(process.write(data)),
      status: process.status
    }))
  )

export const spawnbroker =
  (spawner: SpawnerChoice, chunks?: SpawnOptions["chunks"]): MakeSubject =>
  async () => {
    const scope = Scope.makeUnsafe()
    const { client } = await Effect.runPromise(Scope.provide(connect({ spawner }), scope))
    return {
      ...subjectOf(client, chunks),
      readErrors: (command, args) =>
        Effect.gen(function* () {
          const options = { stdin: "ignore", stderr: "ignore", transform: onlyErrors } as const
          const process = yield* client.spawn(command, args, options)
          return yield* Stream.runFold(
            process.results(ErrorRecord),
            () => 0,
            (count) => count + 1
          )
        }).pipe(Effect.scoped, Effect.runPromise),
      close: () => Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
