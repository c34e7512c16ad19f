/** What becomes of daemons when the broker's thread dies and is replaced. */
import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, type DaemonInfo, type DaemonSpec } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import { BroadcastChannel } from "node:worker_threads"
import { temporaryDirectory } from "../src/harness.ts"
import { eventually, host } from "../src/index.ts"
import { living } from "../src/leaks.ts"

const script = (name: string, text: string, more: Partial<DaemonSpec> = {}): DaemonSpec => ({
  name,
  command: "sh",
  args: ["-c", text],
  ...more
})

const serve = "echo listening; exec sleep 1000"
const byLine: Partial<DaemonSpec> = { readiness: { log: { match: "^listening$" } } }

const policy: Policy = { subject: "panel", commands: [{ command: "sh", args: true }], cwd: ["/"], daemons: true }

/** A client that connects again by itself. */
const connectLasting = (more: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ ...policy, ...more })
    return { broker, token, client: yield* Client.connect(broker.openPort(), token) }
  })

const failWorker = (how: string) =>
  Effect.sync(() => {
    const channel = new BroadcastChannel("failing-worker")
    channel.postMessage(how)
    // Now: a thread that hangs is sent nothing any more, and has got this.
    channel.close()
  })

const failing = (spawner: "launcher" | "direct") =>
  Broker.layer({ spawner, workerUrl: host("failing-worker.ts"), hangTimeout: "1 second" })

const withFailing = <A, E>(test: Effect.Effect<A, E, Broker>, spawner: "launcher" | "direct" = "launcher") =>
  Effect.provide(test, failing(spawner), { local: true })

const stateIs = (client: ClientHandle, name: string, holds: (info: DaemonInfo) => boolean) =>
  client.daemons.changes(name).pipe(
    Stream.filter(holds),
    Stream.runHead,
    Effect.map((found) => Option.getOrThrow(found))
  )

const pidOf = ({ replicas }: DaemonInfo) => replicas[0]!.pid!
const isAlive = (pid: number): boolean => (living(pid)?.state ?? "Z") !== "Z"

const ways = [
  ["throw", "launcher"],
  ["exit", "launcher"],
  ["hang", "launcher"],
  ["throw", "direct"]
] as const

it.live.each(ways)("a daemon is started again when the thread of its broker fails: %s, %s", ([how, spawner]) =>
  withFailing(
    Effect.scoped(
      Effect.gen(function* () {
        const { client, broker } = yield* connectLasting()
        const specs = [
          script("web", serve, { ...byLine, dependsOn: { database: "healthy" } }),
          script("database", serve, byLine)
        ]
        const before = yield* client.daemons.startAll(specs, { until: "healthy" })
        const seen = yield* Effect.forkChild(
          client.daemons.changes("web").pipe(
            Stream.takeUntil(({ state, replicas }) => state === "healthy" && replicas[0]!.pid !== pidOf(before[0]!)),
            Stream.runCollect
          ),
          { startImmediately: true }
        )
        const said = yield* Effect.forkChild(
          client.daemons.logs("web", { follow: true }).pipe(Stream.take(2), Stream.runCollect),
          { startImmediately: true }
        )
        yield* failWorker(how)

        const news = yield* Fiber.join(seen)
        const after = [news.at(-1)!, yield* stateIs(client, "database", ({ state }) => state === "healthy")]
        for (const [index, info] of after.entries()) {
          assert.notStrictEqual(pidOf(info), pidOf(before[index]!))
          assert.isTrue(isAlive(pidOf(info)))
          assert.isFalse(isAlive(pidOf(before[index]!)))
          assert.strictEqual(info.replicas[0]!.restarts, 1)
          assert.isAbove(info.version, before[index]!.version)
        }
        const lines = yield* Fiber.join(said)
        assert.deepStrictEqual(
          lines.map(({ text }) => text),
          ["listening", "listening"]
        )
        assert.isAbove(lines[1]!.seq, lines[0]!.seq)
        assert.strictEqual((yield* broker.stats).replaced, 1)
        // It is a daemon as before: stopped, restarted, and known to be the same.
        const same = yield* client.daemons.start(specs[0]!)
        assert.strictEqual(pidOf(same), pidOf(after[0]!))
        const stopped = yield* client.daemons.stopAll()
        assert.deepStrictEqual(
          stopped.map(({ state }) => state),
          ["stopped", "stopped"]
        )
        assert.deepStrictEqual(after.map(pidOf).filter(isAlive), [])
      })
    ),
    spawner
  )
)

it.live("those that were stopped, are completed, have failed or are forgotten stay so", () =>
  withFailing(
    Effect.scoped(
      Effect.gen(function* () {
        const { client } = yield* connectLasting()
        yield* client.daemons.startAll(
          [
            script("stopped", serve),
            script("completed", "exit 0"),
            script("failed", "exit 7", { restart: { policy: "never" } }),
            script("ends-with-it", serve, { restart: { policy: "never" } }),
            script("forgotten", serve),
            script("waits", serve, { dependsOn: { never: "completed" } }),
            script("never", serve)
          ],
          { until: "accepted" }
        )
        yield* stateIs(client, "forgotten", ({ state }) => state === "healthy")
        yield* client.daemons.stop("stopped")
        yield* client.daemons.stop("forgotten", { forget: true })
        yield* stateIs(client, "completed", ({ state }) => state === "completed")
        yield* stateIs(client, "failed", ({ state }) => state === "failed")
        yield* stateIs(client, "ends-with-it", ({ state }) => state === "healthy")
        yield* stateIs(client, "never", ({ state }) => state === "healthy")
        yield* failWorker("throw")
        yield* stateIs(client, "never", ({ state, replicas }) => state === "healthy" && replicas[0]!.restarts === 1)
        const infos = yield* client.daemons.list()
        assert.deepStrictEqual(
          infos.map(({ name, state }) => [name, state]),
          [
            ["stopped", "stopped"],
            ["completed", "completed"],
            ["failed", "failed"],
            ["ends-with-it", "failed"],
            ["waits", "waiting"],
            ["never", "healthy"]
          ]
        )
        assert.deepStrictEqual(infos[2]!.replicas[0]!.reason, { _tag: "Exited", exit: { _tag: "Exited", code: 7 } })
        assert.deepStrictEqual(infos[3]!.replicas[0]!.reason, { _tag: "BrokerRestarted" })
        // One that was stopped is started by its name, as before.
        const again = yield* client.daemons.start("stopped", { until: "healthy" })
        assert.strictEqual(again.state, "healthy")
      })
    )
  )
)

it.live("a persistent one runs on, and the next thread takes it over", () =>
  withFailing(
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const { client } = yield* connectLasting({ daemons: { files: [directory] } })
        const files = { pidFile: join(directory, "pid"), log: { file: join(directory, "log") } }
        const spec = script("keeps", serve, { ...files, ...byLine, persistent: true })
        const started = yield* client.daemons.start(spec, { until: "healthy" })
        yield* failWorker("throw")
        const after = yield* stateIs(client, "keeps", ({ replicas }) => replicas[0]!.adopted === true)
        assert.strictEqual(pidOf(after), pidOf(started))
        assert.strictEqual(after.replicas[0]!.restarts, 0)
        yield* client.daemons.stop("keeps")
        assert.isFalse(isAlive(pidOf(started)))
      })
    )
  )
)

it.live("one whose token is over is not started again, and another may have its name", () =>
  withFailing(
    Effect.scoped(
      Effect.gen(function* () {
        const { client, broker } = yield* connectLasting({ observe: "all" })
        const other = yield* connectLasting()
        const started = yield* other.client.daemons.start(script("theirs", serve), { until: "healthy" })
        yield* broker.revoke(other.token)
        yield* failWorker("throw")
        yield* eventually("it is replaced", broker.stats, ({ replaced }) => replaced === 1)
        assert.deepStrictEqual(yield* client.daemons.list(), [])
        assert.isFalse(isAlive(pidOf(started)))
        const mine = yield* client.daemons.start(script("theirs", serve), { until: "healthy" })
        assert.strictEqual(mine.state, "healthy")
      })
    )
  )
)

it.live("those of the host are started again, too, and what goes on goes on", () =>
  withFailing(
    Effect.scoped(
      Effect.gen(function* () {
        const { daemons } = yield* Broker
        const started = yield* daemons.start(script("web", serve, byLine), { until: "healthy" })
        const seen = yield* Effect.forkChild(
          daemons.changes("web").pipe(
            Stream.takeUntil(({ state, replicas }) => state === "healthy" && replicas[0]!.pid !== pidOf(started)),
            Stream.runCollect
          ),
          { startImmediately: true }
        )
        const said = yield* Effect.forkChild(
          daemons.logs("web", { follow: true }).pipe(Stream.take(2), Stream.runCollect),
          { startImmediately: true }
        )
        yield* failWorker("throw")
        const after = (yield* Fiber.join(seen)).at(-1)!
        assert.isFalse(isAlive(pidOf(started)))
        assert.strictEqual((yield* Fiber.join(said)).length, 2)
        yield* daemons.restart("web", { until: "healthy" })
        assert.isFalse(isAlive(pidOf(after)))
        assert.strictEqual((yield* daemons.stop("web")).state, "stopped")
      })
    )
  )
)
