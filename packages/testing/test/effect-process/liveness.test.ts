/** A host lives exactly as long as something keeps it: real Node processes, with either spawner. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { connect, eventually, host, living, node } from "../../src/index.ts"

type Spawner = "node" | "direct" | "launcher"

/** What a host has printed, and the process that it had started. It must have exited by itself, with 0. */
const runHost = (whose: Spawner, what: string) =>
  Effect.gen(function* () {
    const client = yield* connect({ env: { inherit: Object.keys(process.env) } })
    const { exit, stderr, stdout, timedOut } = yield* client.run(node, [host("liveness.ts"), whose, what], {
      timeout: "40 seconds"
    })
    assert.isFalse(timedOut, `it is still there. It said: ${stdout}`)
    assert.strictEqual(stderr, "")
    assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
    const pid = Number(/^started ([0-9]+)$/m.exec(stdout)?.[1])
    return {
      pid,
      said: stdout
        .trim()
        .replace(/^started .*\n/, "")
        .split("\n")
    }
  })

layer(Broker.layer(), { excludeTestServices: true, timeout: "60 seconds" })(
  "a host whose main fiber has ended",
  (it) => {
    const spawners: ReadonlyArray<Spawner> = ["node", "direct", "launcher"]

    it.effect.each(spawners)("exits by itself, if it has started nothing: %s", (whose) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runHost(whose, "idle")).said, ["main has ended"])
      })
    )

    it.effect.each(spawners)("waits for a process that runs: %s", (whose) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runHost(whose, "running")).said, ["main has ended", "gone"])
      })
    )

    it.effect.each(spawners)("does not wait for one that is unreferenced: %s", (whose) =>
      Effect.gen(function* () {
        const { pid, said } = yield* runHost(whose, "unreferenced")
        assert.deepStrictEqual(said, ["main has ended", "alive"])
        // Only a launcher is there to end what a host has left. Without one it is left.
        if (whose === "launcher")
          yield* eventually(
            "it has been ended",
            Effect.sync(() => living(pid)),
            (found) => found === undefined
          )
        else process.kill(pid, "SIGKILL")
      })
    )

    it.effect.each(spawners)("waits for one that is referenced again: %s", (whose) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runHost(whose, "referenced")).said, ["main has ended", "gone"])
      })
    )

    it.effect.each(spawners)("waits for nothing more, once its process has exited: %s", (whose) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runHost(whose, "exited")).said, ["main has ended", "gone"])
      })
    )

    it.effect.each(spawners)("waits for nothing more, once the scope of its process has closed: %s", (whose) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runHost(whose, "released")).said, ["main has ended", "gone"])
      })
    )

    it.effect.each(spawners)("waits for what is still read, though the process has exited: %s", (whose) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runHost(whose, "reading")).said, ["late", "main has ended"])
      })
    )
  }
)
