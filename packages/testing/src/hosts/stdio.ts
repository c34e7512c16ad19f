/**
 * A host whose clients use its own stdin, stdout and stderr. What it has to say itself it says on stderr, as JSON.
 *
 * Arguments: the kind of spawner, what to do.
 */
import { constants, readFileSync, writeSync } from "node:fs"
import type { MessagePort } from "node:worker_threads"
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { connect as connectPromise } from "@spawnbroker/client/promise"
import { Client, type ClientHandle, type ProcessError } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

const [, , spawner, act] = process.argv

const say = (value: unknown): Effect.Effect<void> => Effect.sync(() => void writeSync(2, `${JSON.stringify(value)}\n`))

/** Whether whoever else has this stream open would be told EAGAIN in the place of waiting. See proc_pid_fdinfo(5). */
const isNonblocking = (fd: number): boolean => {
  const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1]
  return (Number.parseInt(flags ?? "0", 8) & constants.O_NONBLOCK) !== 0
}

type Connect = (inherit: boolean) => Effect.Effect<ClientHandle, ProcessError, Scope.Scope>

const firstChunk = ({ hostStdio }: ClientHandle): Effect.Effect<string, ProcessError> =>
  Stream.runFold(
    Stream.take(Stream.decodeText(hostStdio.stdin), 1),
    () => "",
    (text, more) => text + more
  )

/** The fields of the error, as far as they are text. */
const failureOf = (attempt: Effect.Effect<unknown, ProcessError>): Effect.Effect<unknown> =>
  Effect.match(attempt, {
    onSuccess: () => "it succeeded",
    onFailure: (error) => Object.fromEntries(Object.entries(error).filter(([, value]) => typeof value === "string"))
  })

type Act = (
  connect: Connect,
  sessions: Effect.Effect<number, ProcessError>,
  mint: Effect.Effect<readonly [port: MessagePort, token: string], ProcessError>
) => Effect.Effect<unknown, ProcessError, Scope.Scope>

const acts: Record<string, Act> = {
  /** What comes in goes out. */
  echo: (connect) =>
    Effect.gen(function* () {
      const { hostStdio } = yield* connect(true)
      // Node itself has made some of them so, for the output of its threads.
      const before = [0, 1, 2].filter(isNonblocking)
      yield* Stream.run(hostStdio.stdin, hostStdio.stdout)
      const again = yield* Stream.runCollect(hostStdio.stdin)
      yield* Stream.run(Stream.make("written ", "to stderr\n"), hostStdio.stderr)
      return { again: again.length, nonblocking: [0, 1, 2].filter((fd) => isNonblocking(fd) && !before.includes(fd)) }
    }),
  denied: (connect) =>
    Effect.gen(function* () {
      const { hostStdio } = yield* connect(false)
      const attempts = [
        Stream.runDrain(hostStdio.stdin),
        Stream.run(Stream.make("forbidden"), hostStdio.stdout),
        Stream.run(Stream.make("forbidden"), hostStdio.stderr)
      ]
      return yield* Effect.forEach(attempts, failureOf)
    }),
  /** The second reader is refused until the first one's connection has ended. */
  two: (connect, sessions) =>
    Effect.gen(function* () {
      const [first, refused, second] = yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connect(true)
          const text = yield* firstChunk(client)
          yield* say("first")
          const other = yield* connect(true)
          return [text, yield* failureOf(firstChunk(other)), yield* firstChunk(client)] as const
        })
      )
      // What is written before the broker knows that they have left is still the first one's.
      yield* Effect.repeat(sessions, { until: (count) => count === 0, schedule: Schedule.spaced("5 millis") })
      yield* say("next")
      return { first, refused, second, third: yield* firstChunk(yield* connect(true)) }
    }),
  /** Waits for what never comes, and ends all the same. */
  silent: (connect) =>
    Effect.gen(function* () {
      const client = yield* connect(true)
      const reading = yield* Effect.forkChild(firstChunk(client), { startImmediately: true })
      yield* Stream.run(Stream.make("waiting\n"), client.hostStdio.stdout)
      return reading.pollUnsafe() === undefined ? "it reads" : Fiber.join(reading)
    }),
  /** The same as `echo`, a line at a time and without Effect. */
  promises: (_connect, _sessions, mint) =>
    Effect.promise(async () => {
      await using client = await connectPromise(...(await Effect.runPromise(mint)))
      const { stdin, stdout, stderr } = client.hostStdio
      for await (const line of stdin) {
        if (line === "stop here") break
        void stdout.write(`${line}\n`)
      }
      await stdout.write(`rest: ${await stdin.text()}`)
      await stderr.write("written to stderr\n")
      return "done"
    }),
  /** Writes to nobody. */
  broken: (connect) =>
    Effect.gen(function* () {
      const client = yield* connect(true)
      // Until whoever started us has closed its end.
      yield* firstChunk(client)
      const write = Stream.run(Stream.make(new Uint8Array(100_000)), client.hostStdio.stdout)
      return [yield* failureOf(Effect.forever(write)), yield* failureOf(write)]
    })
}

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({
      spawner: spawner as NonNullable<BrokerOptions["spawner"]>,
      policyWarnings: "ignore"
    })
    const mint = (inherit: boolean) =>
      Effect.all([broker.openPort(), broker.mint({ subject: "stdio", stdio: { inherit } })])
    const connect: Connect = (inherit) =>
      Effect.gen(function* () {
        return yield* Client.connect(...(yield* mint(inherit)))
      })
    return yield* acts[act!]!(
      connect,
      Effect.map(broker.stats, ({ sessions }) => sessions),
      mint(true)
    )
  })
)

await Effect.runPromise(Effect.flatMap(program, say))
