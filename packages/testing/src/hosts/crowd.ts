/**
 * A host to be killed: it starts a crowd of processes of all kinds, and says so once all of them are there.
 *
 * Arguments: how many children, and the seconds that they sleep, by which a test tells them from others.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { waitForLine } from "../harness.ts"
import { crowdScripts } from "./crowd-scripts.ts"

const [, , count, seconds] = process.argv

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({ spawner: "launcher" })
    const token = yield* broker.mint({ subject: "crowd", commands: [{ command: "sh", args: true }], cwd: ["/"] })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const scripts = crowdScripts(seconds!)
    yield* Effect.forEach(
      Array.from({ length: Number(count) }, (_, index) => scripts[index % scripts.length]!),
      (script) => Effect.flatMap(client.spawn("sh", ["-c", script]), (child) => waitForLine(child, "ready")),
      { concurrency: 64 }
    )
    console.log("ready")
    return yield* Effect.never
  })
)

await Effect.runPromise(program)
