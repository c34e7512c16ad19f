/** The host's handle: its layer, its counts, its shutdown, and what it does where no launcher can be had. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, Stream } from "effect"

const policy = {
  subject: "test",
  commands: [
    { command: "sleep", args: true as const },
    { command: "sh", args: true as const }
  ]
}

const connect = (broker: Broker["Service"]) =>
  Effect.gen(function* () {
    const token = yield* broker.mint(policy)
    return yield* Client.connect(yield* broker.openPort(), token)
  })

it.live("a layer gives the broker to whoever asks for it, and ends it with its scope", () =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const client = yield* connect(broker)
    assert.deepStrictEqual((yield* client.run("sh", ["-c", "exit 3"])).exit, { _tag: "Exited", code: 3 })
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

it.live("counts say what there is", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const client = yield* connect(broker)
    const process = yield* client.spawn("sh", ["-c", "printf 12345; read line"])
    assert.strictEqual(new TextDecoder().decode((yield* Stream.runHead(process.stdout)).valueOrUndefined), "12345")
    const stats = yield* broker.stats
    assert.deepInclude(stats, { sessions: 1, tokens: 1, malformedMessages: 0, processes: { live: 1, total: 1 } })
    assert.deepStrictEqual(stats.bytes, { stdin: 0, stdout: 5, stderr: 0 })
  }).pipe(Effect.scoped)
)

it.live("a burst is started by several launchers, as many as are asked for", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ spawner: "launcher", launchers: 2 })
    const client = yield* connect(broker)
    const parents = new Set<string>()
    // Each is started while another is; a launcher that is new gets its share once it is there.
    const burst = Effect.forEach(
      Array.from({ length: 8 }),
      () => Effect.map(client.run("sh", ["-c", "echo $PPID"]), ({ stdout }) => parents.add(stdout)),
      { concurrency: "unbounded" }
    )
    yield* Effect.repeat(burst, { until: () => parents.size === 2 })
    yield* Effect.repeat(burst, { times: 3 })
    assert.strictEqual(parents.size, 2)
  }).pipe(Effect.scoped)
)

it.live("a child of the launcher can open /dev/stdout and /dev/stderr, which sockets do not allow", () =>
  Effect.gen(function* () {
    const client = yield* connect(yield* Broker.start({ spawner: "launcher" }))
    const { stdout, stderr } = yield* client.run("sh", ["-c", "echo one > /dev/stdout; echo two > /dev/stderr"])
    assert.deepStrictEqual({ stdout, stderr }, { stdout: "one\n", stderr: "two\n" })
  }).pipe(Effect.scoped)
)

it.live("a shutdown reports what obeyed and what had to be killed, and tells every handle", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const client = yield* connect(broker)
    const polite = yield* client.spawn("sleep", ["1000"])
    const deaf = yield* client.spawn("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
    yield* Stream.runHead(deaf.stdoutLines)
    const report = yield* broker.shutdown({ grace: "200 millis" })
    assert.deepStrictEqual(report, { exited: 0, stopped: 1, killed: 1, daemons: [] })
    assert.deepStrictEqual(yield* polite.exit, { _tag: "Signaled", signal: "SIGTERM" })
    assert.deepStrictEqual(yield* deaf.exit, { _tag: "Signaled", signal: "SIGKILL" })
    assert.strictEqual((yield* Effect.flip(client.list()))._tag, "BrokerUnavailable")
    assert.strictEqual((yield* Effect.flip(broker.mint(policy)))._tag, "BrokerUnavailable")
  }).pipe(Effect.scoped)
)

it.live("where no launcher can be started, children are started directly, and the log says why", () => {
  const logged: Array<string> = []
  const capture = Logger.layer([Logger.make(({ message }) => logged.push(String(message)))])
  return Effect.gen(function* () {
    const execPath = "/nonexistent"
    const broker = yield* Broker.start({ execPath })
    assert.strictEqual((yield* broker.stats).spawner, "direct")
    assert.isTrue(logged.some((line) => line.includes("the launcher could not be started") && line.includes("ENOENT")))
    const client = yield* connect(broker)
    assert.deepStrictEqual((yield* client.run("sh", ["-c", "exit 4"])).exit, { _tag: "Exited", code: 4 })
    const refused = yield* Effect.flip(Broker.start({ spawner: "launcher", execPath }))
    assert.strictEqual(refused._tag, "BrokerUnavailable")
  }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(capture)))
})
