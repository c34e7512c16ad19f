/**
 * A host whose child writes far more than its reader takes. It prints by how many bytes that made it grow, as JSON.
 *
 * Arguments: the kind of spawner, the bytes that the child is told to write. Needs --expose-gc.
 */
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { Client, type ProcessHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { residentBytes } from "../leaks.ts"

const [, , spawner, total] = process.argv

/** The smallest of a few readings after a collection: what is really held. */
const settledBytes = Effect.gen(function* () {
  let smallest = Infinity
  for (let reading = 0; reading < 10; reading++) {
    globalThis.gc?.()
    yield* Effect.sleep("20 millis")
    smallest = Math.min(smallest, residentBytes())
  }
  return smallest
})

/** Until the child has been held up: nothing more came out of it between two looks. */
const untilStill = (child: ProcessHandle): Effect.Effect<number, unknown> =>
  Effect.gen(function* () {
    let before = -1
    let { bytes } = yield* child.status
    while (bytes.stdout !== before || bytes.stdout === 0) {
      before = bytes.stdout
      yield* Effect.sleep("50 millis")
      bytes = (yield* child.status).bytes
    }
    return before
  })

const program = Effect.scoped(
  Effect.gen(function* () {
    const broker = yield* Broker.start({
      spawner: spawner as NonNullable<BrokerOptions["spawner"]>,
      policyWarnings: "ignore"
    })
    const token = yield* broker.mint({ subject: "memory", commands: [{ command: "head", args: true }], cwd: ["/"] })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const args = ["-c", total!, "/dev/zero"]

    // Once through all code and buffers, so that only what is held counts.
    yield* Effect.scoped(
      Effect.flatMap(client.spawn("head", args), ({ stdout }) => Stream.runDrain(Stream.take(stdout, 200)))
    )

    const before = yield* settledBytes
    const stalled = yield* client.spawn("head", args)
    yield* Effect.forkScoped(Stream.runForEach(stalled.stdout, () => Effect.never))
    const written = yield* untilStill(stalled)
    const stalledBytes = (yield* settledBytes) - before

    const ignored = yield* client.spawn("head", args)
    const exit = yield* ignored.exit
    const ignoredBytes = (yield* settledBytes) - before - stalledBytes
    return { written, stalledBytes, ignoredBytes, exit }
  })
)

console.log(JSON.stringify(await Effect.runPromise(program)))
