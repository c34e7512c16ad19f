/** Ours, through the public client and its Effect streams. */
import { Broker, type SpawnerChoice } from "@spawnbroker/broker"
import { Client, type SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { commands } from "../scenarios/commands.ts"
import { publishedLauncher } from "./published-launcher.ts"
import { fromEffectProcess } from "./effect-process.ts"
import type { MakeSubject } from "./Subject.ts"

const connect = (spawner: SpawnerChoice) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ spawner, policyWarnings: "ignore", launcherPath: publishedLauncher() })
    const grants = Object.values(commands).map((command) => ({ command, args: true as const }))
    const token = yield* broker.mint({ subject: "bench", commands: grants })
    return yield* Client.connect(yield* broker.openPort(), token)
  })

export const spawnbroker =
  (spawner: SpawnerChoice, chunks: SpawnOptions["chunks"] = "own"): MakeSubject =>
  async () => {
    const scope = Scope.makeUnsafe()
    const client = await Effect.runPromise(Scope.provide(connect(spawner), scope))
    return {
      ...fromEffectProcess((command, args, stdin) =>
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
      ),
      close: () => Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
