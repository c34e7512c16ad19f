import { assert, it } from "@effect/vitest"
import { Broker, type BrokerStats } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { eventually, takeCensus, testPolicy } from "../src/index.ts"

const SPAWNS = 2000

/** What stays the same from one second to the next; the rest comes and goes with the calls that ask for it. */
const lasting = ({ resources, sessions, processes: { live } }: BrokerStats) => {
  const { Immediate: _, Timeout: __, MessagePort: ports, ...kept } = resources
  return { kept, ports, sessions, live }
}

it.live.each(["direct", "launcher"] as const)(`${SPAWNS} processes leave nothing behind: %s`, (spawner) =>
  Effect.gen(function* () {
    // One, so that what is there at first is all that there will ever be.
    const broker = yield* Broker.start({ spawner, launchers: 1 })
    const token = yield* broker.mint(testPolicy)
    const port = yield* broker.openPort()
    const client = yield* Client.connect(port, token)
    const spawnOne = Effect.scoped(
      Effect.gen(function* () {
        const process = yield* client.spawn("printf", ["x"])
        yield* Stream.runDrain(process.stdout)
        yield* process.exit
      })
    )
    const listeners = () => ["message", "close", "messageerror"].map((name) => port.listenerCount(name))
    const census = Effect.map(broker.stats, (stats) => ({ ...lasting(stats), ...takeCensus(), listeners: listeners() }))

    yield* Effect.all(
      Array.from({ length: 50 }, () => spawnOne),
      { concurrency: 8 }
    )
    const before = JSON.stringify(yield* settled(census))
    yield* Effect.repeat(spawnOne, { times: SPAWNS - 1 })
    const after = yield* eventually("everything is back", census, (now) => JSON.stringify(now) === before)
    assert.strictEqual(JSON.stringify(after), before)
    assert.strictEqual((yield* broker.stats).processes.total, SPAWNS + 50)
  })
)

it.live.each(["direct", "launcher"] as const)("clients that come and go leave nothing behind: %s", (spawner) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ spawner })
    const token = yield* broker.mint(testPolicy)
    const visit = Effect.scoped(
      Effect.gen(function* () {
        const client = yield* Client.connect(yield* broker.openPort(), token)
        yield* client.run("true")
      })
    )
    const census = Effect.map(broker.stats, (stats) => ({ ...lasting(stats), ...takeCensus() }))
    yield* visit
    const before = JSON.stringify(yield* settled(census))
    yield* Effect.repeat(visit, { times: 99 })
    yield* eventually("everything is back", census, (now) => JSON.stringify(now) === before)
  })
)

it.live.each(["direct", "launcher"] as const)("a broker that is shut down leaves nothing behind: %s", (spawner) =>
  Effect.gen(function* () {
    const life = Effect.scoped(
      Effect.gen(function* () {
        const broker = yield* Broker.start({ spawner })
        const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(testPolicy))
        yield* client.run("true")
        yield* client.spawn("sleep", ["1000"])
      })
    )
    yield* life
    const before = JSON.stringify(yield* settled(Effect.sync(takeCensus)))
    yield* Effect.repeat(life, { times: 4 })
    yield* eventually("everything is back", Effect.sync(takeCensus), (now) => JSON.stringify(now) === before)
  })
)

/** What is the same twice in a row: warm, and no longer on its way. */
const settled = <A, E, R>(look: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let before: string | undefined
    const twice = Effect.map(look, (seen) => {
      const same = JSON.stringify(seen) === before
      before = JSON.stringify(seen)
      return { same, seen }
    })
    return Effect.map(
      eventually("it settles", twice, ({ same }) => same),
      ({ seen }) => seen
    )
  })
