/**
 * 200,000 messages that are not right, on both ports of hundreds of clients. The broker does not crash, what it holds goes back
 * to what it was, and another client is served all the while, and rightly.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { MessageChannel } from "node:worker_threads"
import { eventually } from "../../../src/harness.ts"
import { takeCensus } from "../../../src/leaks.ts"
import {
  assertSucceeds,
  bystanderIsServed,
  callMessage,
  connectRaw,
  type Loose,
  openRaw,
  specOf
} from "../raw-client.ts"
import { batches, calls } from "./messages.ts"
import { mutate } from "./mutate.ts"
import { anything, fields, makeRandom, type Random } from "./random.ts"

/** Set `SEED` to repeat a run that has failed. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31)
const COUNT = 100_000
/** Fewer than the thousand after which a connection is closed. */
const PER_CONNECTION = 900

const nextMessage = (random: Random, good: ReadonlyArray<Loose>): unknown =>
  random.next() < 0.25 ? anything(random) : mutate(random, good)

const isUnpolluted = (): void => {
  assert.deepStrictEqual(Object.keys(Object.prototype), [])
  assert.deepStrictEqual(Object.keys(Array.prototype), [])
}

/** What the broker holds, once what was under way is over. */
const held = Effect.gen(function* () {
  const { sessions, tokens, processes } = yield* (yield* Broker).stats
  return { sessions, tokens, live: processes.live, ...takeCensus() }
})

/** Commands of a client who keeps the rules, one after the other, each with the output that it should have. */
const serveBystander = (served: Ref.Ref<number>) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ subject: "bystander", commands: [{ command: "cat" }], cwd: ["/"] })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    for (let turn = 0; ; turn++) {
      const { stdout, exit } = yield* client.run("cat", [], { cwd: "/", stdin: `turn ${turn}` })
      assert.deepStrictEqual([stdout, exit], [`turn ${turn}`, { _tag: "Exited", code: 0 }])
      yield* Ref.update(served, (count) => count + 1)
    }
  }).pipe(Effect.scoped)

/** Connection after connection says what `say` makes of it. */
const flood = (
  count: number,
  say: (client: Effect.Success<ReturnType<typeof connectRaw>>["client"], one: number) => void,
  check: Loose,
  prepare?: Loose
) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    for (let sent = 0; sent < count; sent += PER_CONNECTION) {
      const { client, token } = yield* connectRaw()
      if (prepare !== undefined) assertSucceeds(yield* Effect.promise(() => client.ask(prepare)))
      for (let one = 0; one < Math.min(PER_CONNECTION, count - sent); one++) say(client, one)
      assertSucceeds(yield* Effect.promise(() => client.ask(check)))
      client.close()
      yield* broker.revoke(token, { kill: true })
      isUnpolluted()
    }
  })

const fuzz = (
  name: string,
  round: (random: Random, count: number) => Effect.Effect<void, unknown, any>,
  from: number
) =>
  Effect.gen(function* () {
    // What is made once, on the first need, is no leak.
    yield* Effect.scoped(round(makeRandom(from), 2 * PER_CONNECTION))
    yield* bystanderIsServed
    const before = yield* eventually(
      `${name}: quiet before`,
      held,
      ({ live, sessions }) => live === 0 && sessions === 0
    )
    const served = yield* Ref.make(0)
    // The bystander never ends, but by a failure.
    yield* Effect.raceFirst(Effect.scoped(round(makeRandom(from + 1), COUNT)), serveBystander(served))
    assert.isAbove(yield* Ref.get(served), 10)
    yield* eventually(`${name}: as before, ${JSON.stringify(before)}`, held, (after) => {
      // A few of each kind come and go: pipes that wait for the next start.
      const files = Object.entries(after.files).every(([kind, count]) => count <= (before.files[kind] ?? 0) + 8)
      return files && after.live === 0 && after.sessions === 0 && after.processes.length <= before.processes.length
    })
    yield* bystanderIsServed
  })

layer(Broker.layer({ policyWarnings: "ignore", launchers: 1 }), { excludeTestServices: true })(
  `malformed messages (SEED=${seed})`,
  (it) => {
    it.effect(`${COUNT} on the control ports break nothing, leave nothing, and hold nobody up`, () =>
      fuzz(
        "control",
        (random, count) =>
          flood(
            count,
            (client, one) => client.control.postMessage(nextMessage(random, calls(`r${one}`))),
            callMessage("check", "list")
          ),
        seed
      )
    )

    it.effect(`${COUNT} on the data ports break nothing, leave nothing, and hold nobody up`, () =>
      fuzz(
        "data",
        (random, count) =>
          flood(
            count,
            (client) => client.data.postMessage(nextMessage(random, batches)),
            callMessage("check", "release", { channel: 0 }),
            callMessage("cat", "spawn", { channel: 0, spec: specOf("cat", [], { cwd: "/" }) })
          ),
        seed + 2
      )
    )

    it.effect("ports in every place of a message break nothing", () =>
      Effect.gen(function* () {
        const random = makeRandom(seed + 4)
        const client = yield* openRaw
        for (let one = 0; one < PER_CONNECTION; one++) {
          const { port1, port2 } = new MessageChannel()
          const place = random.pick(fields)
          const message = random.pick([{ [place]: port2 }, [port2], callMessage("p", "list", { [place]: port2 })])
          client.control.postMessage(message, [port2])
          port1.close()
        }
        yield* bystanderIsServed
      })
    )
  }
)
