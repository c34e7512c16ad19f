import { assert, describe, it, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  connect,
  descendants,
  eventually,
  host,
  launcher,
  node,
  type ProcessFacts,
  spawnScript,
  waitForLine
} from "../src/index.ts"

const killLauncher = Effect.sync(() => {
  const found = launcher()
  if (found === undefined) return assert.fail("there is no launcher")
  process.kill(found.pid, "SIGKILL")
  return found.pid
})

layer(Broker.layer({ spawner: "launcher" }), { excludeTestServices: true, timeout: "60 seconds" })(
  "the death of a launcher",
  (suite) => {
    suite.effect("kills its children, tells it as a crash, and the next spawn has a new launcher", () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const child = yield* spawnScript(client, "trap '' TERM; sleep 1000 & echo ready; wait")
        yield* waitForLine(child, "ready")
        const before = yield* killLauncher
        assert.deepStrictEqual(yield* child.exit, { _tag: "Signaled", signal: "SIGKILL" })
        const events = yield* Stream.runCollect(child.lifecycle)
        assert.deepStrictEqual(
          events.map(({ _tag }) => _tag),
          ["Starting", "Started", "Killed", "Exited", "Closed"]
        )
        assert.deepInclude(events[2]!, { by: "crash", signal: "SIGKILL" })
        yield* eventually("its group is gone", client.living, (left) => left.length === 0)

        const next = yield* client.run("printf", ["again"])
        assert.strictEqual(next.stdout, "again")
        assert.notStrictEqual(launcher()?.pid, before)
      })
    )

    suite.effect("five times over leaves one launcher, and no file of the others", () =>
      Effect.gen(function* () {
        const client = yield* connect()
        for (let death = 0; death < 5; death++) {
          const before = yield* killLauncher
          const isAnother = (pids: ReadonlyArray<number>) => pids.length === 1 && pids[0] !== before
          yield* eventually("it is gone, and another is there", Effect.sync(launchers), isAnother)
          assert.strictEqual((yield* client.run("printf", ["%s", String(death)])).stdout, String(death))
        }
        assert.strictEqual((yield* (yield* Broker).stats).spawner, "launcher")
      })
    )

    suite.effect("in the middle of many starts fails those that may have begun, and none of them hangs", () =>
      Effect.gen(function* () {
        const client = yield* connect()
        const start = client.run("sh", ["-c", "echo started; exec sleep 0.3"]).pipe(
          Effect.map(({ exit, stdout }) => (exit._tag === "Signaled" ? exit.signal : `${exit.code} ${stdout}`)),
          Effect.catch((error) => Effect.succeed(error._tag === "SpawnFailed" ? error.errno : error._tag))
        )
        const kill = Effect.andThen(
          eventually("something runs", client.living, (living) => living.length > 2),
          killLauncher
        )
        const [ends] = yield* Effect.all(
          [
            Effect.all(
              Array.from({ length: 60 }, () => start),
              { concurrency: "unbounded" }
            ),
            kill
          ],
          { concurrency: "unbounded" }
        )
        const unexpected = ends.filter((end) => !["SIGKILL", "EPIPE", "0 started\n"].includes(end))
        assert.deepStrictEqual(unexpected, [])
        yield* eventually("nobody is left", client.living, (left) => left.length === 0)
        assert.strictEqual((yield* client.run("printf", ["alive"])).stdout, "alive")
      })
    )
  }
)

const launchers = (): ReadonlyArray<number> =>
  descendants()
    .filter(({ command, state }) => command.includes("launcher/main") && state !== "Z")
    .map(({ pid }) => pid)

describe("the death of a host by SIGKILL", () => {
  // A host without a launcher has nobody left who could end its children: that is what the launcher is for.
  it.live("takes every child and grandchild with it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const nested = yield* client.spawn(node, [host("nested.ts"), "launcher"], { waitForEof: true })
      yield* waitForLine(nested, "ready")
      // A shell goes on before its background command has become another program.
      const isWhole = (tree: ReadonlyArray<ProcessFacts>) =>
        tree.filter(({ command }) => command === "sleep 1000").length === 3
      const tree = yield* eventually("the tree is whole", client.living, isWhole)
      assert.isTrue(tree.some(({ session }) => session !== nested.pid))
      // Its own process alone: whatever else dies was ended by its launcher.
      process.kill(nested.pid, "SIGKILL")
      assert.deepStrictEqual(yield* nested.exit, { _tag: "Signaled", signal: "SIGKILL" })
      yield* eventually("all of them are gone", client.living, (left) => left.length === 0)
    }).pipe(Effect.provide(Broker.layer({ spawner: "direct" })))
  )

  it.live("or by SIGTERM takes its children with it, too", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const nested = yield* client.spawn(node, [host("nested.ts"), "launcher"])
      yield* waitForLine(nested, "ready")
      process.kill(nested.pid, "SIGTERM")
      yield* nested.exit
      yield* eventually("all of them are gone", client.living, (left) => left.length === 0)
    }).pipe(Effect.provide(Broker.layer({ spawner: "direct" })))
  )
})
