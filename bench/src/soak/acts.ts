/** What clients do in a soak, each at random: start, read, feed, kill, abandon, disconnect, and crash the launcher. */
import { createHash, randomBytes, randomInt } from "node:crypto"
import type { BrokerHandle } from "@spawnbroker/broker"
import { Client, type ClientHandle, type ProcessError } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { launchers } from "../instruments/processes.ts"

export interface Act {
  /** How often it is chosen, in proportion to the others. */
  readonly weight: number
  readonly run: (client: ClientHandle) => Effect.Effect<void, ProcessError>
}

/** A process whose every byte was read has given other bytes than it has written. */
class Corrupted extends Error {}

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex")

const hashOf = (stream: Stream.Stream<Uint8Array, ProcessError>) =>
  Effect.map(
    Stream.runFold(
      stream,
      () => createHash("sha256"),
      (hash, chunk) => hash.update(chunk)
    ),
    (hash) => hash.digest("hex")
  )

/** One that was ended from outside has no whole output. */
const wholeOr = (actual: string, expected: string, code: number | undefined): Effect.Effect<void> =>
  code === 0 && actual !== expected ? Effect.die(new Corrupted(`${actual} in the place of ${expected}`)) : Effect.void

const codeOf = (exit: { readonly _tag: string; readonly code?: number }): number | undefined => exit.code

const count = (last: number): string => {
  let text = ""
  for (let number = 1; number <= last; number++) text += `${number}\n`
  return text
}

/** Reads all that `seq` counts. */
const read: Act = {
  weight: 40,
  run: (client) =>
    Effect.scoped(
      Effect.gen(function* () {
        const last = randomInt(1, 200_000)
        const seq = yield* client.spawn("seq", [String(last)], { stdin: "ignore" })
        const [hash, exit] = yield* Effect.all([hashOf(seq.stdout), seq.exit], { concurrency: 2 })
        yield* wholeOr(hash, sha256(count(last)), codeOf(exit))
      })
    )
}

/** Sends random bytes through `cat`. */
const feed: Act = {
  weight: 20,
  run: (client) =>
    Effect.scoped(
      Effect.gen(function* () {
        const bytes = randomBytes(randomInt(1, 2_000_000))
        const cat = yield* client.spawn("cat")
        const feeding = Stream.make(new Uint8Array(bytes)).pipe(Stream.run(cat.stdin), Effect.ignore)
        const [hash, exit] = yield* Effect.all([hashOf(cat.stdout), cat.exit, feeding], { concurrency: 3 })
        yield* wholeOr(hash, sha256(bytes), codeOf(exit))
      })
    )
}

const kill: Act = {
  weight: 15,
  run: (client) =>
    Effect.scoped(
      Effect.gen(function* () {
        const sleep = yield* client.spawn("sh", ["-c", "sleep 1000 & wait"], { stdin: "ignore" })
        yield* Effect.sleep(randomInt(0, 30))
        yield* Effect.ignore(
          sleep.kill({ signal: randomInt(2) === 0 ? "SIGTERM" : "SIGKILL", tree: randomInt(2) === 0 })
        )
        yield* sleep.exit
      })
    )
}

/** Reads a little, slowly, and leaves the rest. */
const dawdle: Act = {
  weight: 10,
  run: (client) =>
    Effect.scoped(
      Effect.gen(function* () {
        const head = yield* client.spawn("head", ["-c", "20000000", "/dev/zero"], { stdin: "ignore" })
        yield* head.stdout.pipe(
          Stream.take(randomInt(1, 5)),
          Stream.runForEach(() => Effect.sleep(randomInt(1, 50)))
        )
      })
    )
}

const background: Act = {
  weight: 5,
  run: (client) =>
    Effect.gen(function* () {
      const id = yield* client.start(["sh", "-c", "seq 1000; exec sleep 1000"])
      yield* client.readOutput(id)
      yield* client.stop({ id })
    })
}

export const acts: ReadonlyArray<Act> = [read, feed, kill, dawdle, background]

/** Another client comes, starts some, and goes without a word. */
export const visit = (broker: BrokerHandle, token: string): Effect.Effect<void, ProcessError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const client = yield* Client.connect(broker.openPort(), token)
      for (let each = 0; each < 3; each++) yield* client.start(["sleep", "1000"])
      yield* client.run("true")
    })
  )

/** Kills the launchers of this process. */
export const crashLaunchers = Effect.sync(() => {
  for (const pid of launchers()) process.kill(pid, "SIGKILL")
})
