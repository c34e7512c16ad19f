/** The program on a broker: the Layer is another, and a policy says what it may run. */
import { Broker, type Policy } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Brokered from "@spawnbroker/client/ChildProcessSpawner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { program } from "./program.ts"

const policy: Policy = {
  subject: "checks",
  commands: ["echo", "no-such-checker", "sh", "sleep", "sort", "tr", "uniq"].map((command) => ({ command, args: true }))
}

const brokered = Layer.unwrap(
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(policy))
    return Brokered.layer(client)
  })
)

await Effect.runPromise(Effect.provide(program, brokered))
