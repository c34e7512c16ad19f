/**
 * A host that starts more processes at once than there is room for, and prints how each ended, as JSON.
 *
 * Arguments: the kind of spawner, how many processes, and `pipelines` if each is to be one of three.
 */
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"

const [, , spawner, count, kind] = process.argv

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({
      spawner: spawner as NonNullable<BrokerOptions["spawner"]>,
      policyWarnings: "ignore"
    })
    const token = yield* broker.mint({ subject: "burst", commands: [{ command: "sleep", args: true }], cwd: ["/"] })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const sleep = { command: "sleep", args: ["0.2"] }
    const one = client.run(sleep.command, sleep.args, { stdin: "" })
    const run = (kind === "pipelines" ? client.runPipeline([sleep, sleep, sleep]) : one).pipe(
      Effect.map(({ exit }) => (exit._tag === "Exited" ? String(exit.code) : exit.signal)),
      Effect.catch((error) => Effect.succeed(`${error._tag}: ${error.message}`))
    )
    const ends = yield* Effect.all(
      Array.from({ length: Number(count) }, () => run),
      { concurrency: "unbounded" }
    )
    const { spawner: chosen } = yield* broker.stats
    return { kind: chosen, ends: [...new Set(ends)], count: ends.length }
  })
)

console.log(JSON.stringify(await Effect.runPromise(program)))
