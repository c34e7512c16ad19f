/** Limits in time: for the whole run, for silence, and for the start. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"

const connected = Layer.effect(
  Client,
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ subject: "timeouts", commands: [{ command: "sh", args: true }] })
    return yield* Client.connect(yield* broker.openPort(), token)
  })
).pipe(Layer.provide(Broker.layer()))

const run = (script: string, options = {}) => Client.use((client) => client.run("sh", ["-c", script], options))

layer(connected, { excludeTestServices: true })("a limit in time", (it) => {
  it.effect("on the whole run is a result, with what was said before", () =>
    Effect.gen(function* () {
      const result = yield* run("echo before; sleep 1000", { timeout: "100 millis" })
      assert.deepInclude(result, { timedOut: true, stdout: "before\n" })
      assert.deepStrictEqual(result.exit, { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("on silence ends what says nothing", () =>
    Effect.gen(function* () {
      const result = yield* run("echo before; sleep 1000", { idleTimeout: "100 millis" })
      assert.deepInclude(result, { timedOut: true, stdout: "before\n" })
    })
  )

  it.effect("on silence leaves alone what goes on talking, on either stream", () =>
    Effect.gen(function* () {
      const script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; echo $i >&2; sleep 0.2; done"
      const result = yield* run(script, { idleTimeout: "2 seconds" })
      assert.deepInclude(result, { timedOut: false, stdout: "1\n2\n3\n4\n5\n6\n" })
    })
  )

  it.effect("on silence does not count while its reader holds it up", () =>
    Effect.gen(function* () {
      const client = yield* Client
      const process = yield* client.spawn("sh", ["-c", "head -c 2000000 /dev/zero; echo done >&2"], {
        idleTimeout: "100 millis",
        windowBytes: 65_536
      })
      // Five times the limit, in which the child waits for us.
      yield* Effect.sleep("500 millis")
      assert.isTrue((yield* process.status).running)
      yield* Stream.runDrain(process.stdout)
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("that cannot be read is refused by its own name", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(run("true", { idleTimeout: "soon" }))
      assert.deepInclude(refused, { _tag: "InvalidArgument", argument: "idleTimeout" })
    })
  )
})
