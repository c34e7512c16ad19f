/**
 * A host that starts processes as fast as it can, 32 at a time, and prints the name of each that has exited, with the time. It goes
 * on until it is killed.
 *
 * Arguments: the file of its history.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { writeSync } from "node:fs"

const [, , file] = process.argv

const program = Effect.gen(function* () {
  const broker = yield* Broker.start({ history: { file: file! }, policyWarnings: "ignore" })
  const token = yield* broker.mint({ subject: "host", commands: [{ command: "true" }], cwd: ["/"] })
  const client = yield* Client.connect(yield* broker.openPort(), token)
  const one = Effect.scoped(
    Effect.flatMap(client.spawn("true"), ({ id, exit }) =>
      Effect.map(exit, () => writeSync(1, `${id} ${Date.now()}\n`))
    )
  )
  yield* Effect.all(
    Array.from({ length: 32 }, () => Effect.forever(one)),
    { concurrency: "unbounded" }
  )
}).pipe(Effect.scoped)

await Effect.runPromise(program)
