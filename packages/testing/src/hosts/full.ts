/**
 * A host that starts processes that stay, one after the other, until there is no room for another within its start timeout.
 * Prints what the last start failed with, as JSON.
 *
 * Argument: the kind of spawner.
 */
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"

const [, , spawner] = process.argv
/** More than any limit under which this is run lets in. */
const MANY = 500

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({
      spawner: spawner as NonNullable<BrokerOptions["spawner"]>,
      policyWarnings: "ignore"
    })
    const token = yield* broker.mint({ subject: "full", commands: [{ command: "sleep", args: true }], cwd: ["/"] })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const start = client.spawn("sleep", ["1000"], { startTimeout: "200 millis" })
    const starts = Effect.forEach(Array.from({ length: MANY }), () => start, { discard: true })
    const { _tag, message } = yield* Effect.flip(starts)
    return { _tag, message }
  })
)

console.log(JSON.stringify(await Effect.runPromise(program)))
