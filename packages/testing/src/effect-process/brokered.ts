import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Brokered from "@spawnbroker/client/ChildProcessSpawner"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { commands } from "./commands.ts"

/** All that the suite does. A program that is not brokered may do anything. */
const anything: Policy = {
  subject: "effect/process",
  commands: commands.map((command) => ({ command, args: true as const })),
  cwd: ["/"],
  shell: true,
  stdio: { inherit: true },
  env: { inherit: Object.keys(process.env), set: ["*", ...Object.keys(process.env)] }
}

/** Our Layer on a broker of its own. */
export const brokered = (spawner: NonNullable<BrokerOptions["spawner"]>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const broker = yield* Broker.start({ spawner, policyWarnings: "ignore" })
      const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(anything))
      return Brokered.layer(client)
    })
  )
