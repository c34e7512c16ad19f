/**
 * A host to be killed: it starts a tree of processes, and says so once all of it is there.
 *
 * Argument: the kind of spawner. Its children carry the mark that it has got itself.
 */
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { waitForLine } from "../harness.ts"

const [, , spawner] = process.argv

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({
      spawner: spawner as NonNullable<BrokerOptions["spawner"]>,
      policyWarnings: "ignore"
    })
    const token = yield* broker.mint({
      subject: "nested",
      commands: [{ command: "sh", args: true }],
      cwd: ["/"],
      env: { inherit: ["CONFORMANCE_MARK"] }
    })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    // One tree as it comes, one that takes no notice of a polite signal.
    const calm = yield* client.spawn("sh", ["-c", "sleep 1000 & sh -c 'sleep 1000 & echo ready; wait' & wait"])
    const stubborn = yield* client.spawn("sh", ["-c", "trap '' TERM HUP INT; sleep 1000 & echo ready; wait"])
    yield* waitForLine(calm, "ready")
    yield* waitForLine(stubborn, "ready")
    console.log("ready")
    return yield* Effect.never
  })
)

await Effect.runPromise(program)
