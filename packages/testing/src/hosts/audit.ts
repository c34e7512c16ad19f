/**
 * A host that is told on its stdin what to do, a word and a number a line, and answers with a line of JSON. Its audit is what
 * a test looks at.
 *
 * Arguments: the audit file, whether it is required.
 */
import { Broker, type BrokerStats } from "@spawnbroker/broker"
import { Client, type ClientHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { createInterface } from "node:readline"
import { BroadcastChannel } from "node:worker_threads"

const [, , file, required] = process.argv

const times = <A, E>(count: number, effect: Effect.Effect<A, E>): Effect.Effect<ReadonlyArray<A>, E> =>
  Effect.forEach(Array.from({ length: count }), () => effect)

type Stats = Effect.Effect<BrokerStats & { readonly replaced: number }, unknown>

const commands = (client: ClientHandle, stats: Stats) => ({
  /** Runs processes. */
  run: (count: number) =>
    Effect.map(times(count, Effect.scoped(Effect.tap(client.spawn("true"), ({ exit }) => exit))), (ended) =>
      ended.map(({ id }) => id)
    ),
  /** Asks for what is denied, at length. */
  deny: (count: number) =>
    Effect.map(
      times(count, Effect.flip(client.run("rm", Array<string>(8).fill("x".repeat(1000))))),
      ({ length }) => length
    ),
  /** Starts a process that stays. */
  stay: () => client.start(["sleep", "1000"]),
  stats: () => Effect.map(stats, ({ audit }) => audit),
  /** Ends the broker's thread. */
  fail: () =>
    Effect.sync(() => {
      const channel = new BroadcastChannel("failing-worker")
      channel.postMessage("throw")
      channel.close()
      return "done"
    }),
  replaced: () => Effect.map(stats, ({ replaced }) => replaced)
})

const program = Effect.gen(function* () {
  const broker = yield* Broker.start({
    audit: { file: file!, required: required === "required" },
    workerUrl: new URL("failing-worker.ts", import.meta.url)
  })
  const token = yield* broker.mint({
    subject: "host",
    commands: [{ command: "true" }, { command: "sleep", args: true }],
    cwd: ["/"]
  })
  const client = yield* Client.connect(broker.openPort(), token)
  const all = commands(client, broker.stats)
  console.log(JSON.stringify("ready"))
  yield* Stream.fromAsyncIterable(createInterface({ input: process.stdin }), (cause) => cause).pipe(
    Stream.runForEach((line) => {
      const [name, count] = line.split(" ")
      const command = all[name as keyof typeof all](Number(count)) as Effect.Effect<unknown, { readonly _tag: string }>
      return Effect.map(command.pipe(Effect.catch(({ _tag }) => Effect.succeed(_tag))), (answer) =>
        console.log(JSON.stringify(answer))
      )
    })
  )
})

// What is logged must not be taken for an answer.
const toStderr = Logger.layer([Logger.withConsoleError(Logger.formatSimple)])

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(toStderr)))
