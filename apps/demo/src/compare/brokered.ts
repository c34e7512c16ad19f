/** The host with a broker: the same work, asked of another thread. The broker is there before the heap grows, as in a program that runs for long. */
import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, type ProcessError } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { measureHost } from "./host.ts"
import type { Command } from "./work.ts"

const runCommand = (client: ClientHandle, { command, args }: Command): Effect.Effect<number, ProcessError> =>
  Effect.gen(function* () {
    const process = yield* client.spawn(command, args, { stdin: "ignore" })
    const count = Stream.runFold(
      process.all,
      () => 0,
      (sum, chunk: Uint8Array) => sum + chunk.byteLength
    )
    const bytes = yield* count
    yield* process.exit
    return bytes
  }).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  const broker = yield* Broker.start({ policyWarnings: "ignore" })
  const token = yield* broker.mint({
    subject: "comparison",
    commands: [{ command: "true" }, { command: "head", args: [["-c", { match: "[0-9]+" }, "/dev/zero"]] }]
  })
  const client = yield* Client.connect(yield* broker.openPort(), token)
  yield* Effect.promise(() => measureHost((command) => Effect.runPromise(runCommand(client, command))))
})

await Effect.runPromise(Effect.scoped(program))
