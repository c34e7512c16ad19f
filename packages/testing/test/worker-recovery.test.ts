import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { type BusEvent, defineTopic, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { BroadcastChannel } from "node:worker_threads"
import { connect, eventually, host, spawnScript, testPolicy, waitForLine } from "../src/index.ts"

const failing = (options: Parameters<typeof Broker.layer>[0] = {}) =>
  Broker.layer({ workerUrl: host("failing-worker.ts"), ...options })

/** Ends the thread of the broker, and waits until there is another. */
const endWorker = Effect.gen(function* () {
  const broker = yield* Broker
  const { replaced } = yield* broker.stats
  const channel = new BroadcastChannel("failing-worker")
  channel.postMessage("throw")
  yield* eventually("it is replaced", broker.stats, (stats) => stats.replaced > replaced)
  channel.close()
})

/** Presents a token, and answers the subject, or why it is not good. */
const present = (token: string) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    return (yield* Client.connect(yield* broker.openPort(), token)).subject
  }).pipe(
    Effect.scoped,
    Effect.catchTag("InvalidToken", ({ reason }) => Effect.succeed(reason))
  )

it.live("tokens outlive the thread that has minted them, and those that are over do not come back", () =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ ...testPolicy, subject: "host" })
    const client = yield* Client.connect(broker.openPort(), token)
    const derived = yield* client.attenuate({ subject: "derived", commands: [{ command: "true" }] })
    const revoked = yield* client.attenuate({ subject: "given up" })
    yield* client.revoke(revoked)
    const expired = yield* broker.mint({ subject: "short-lived", expires: "50 millis" })
    yield* eventually("it has expired", present(expired), (reason) => reason === "expired")
    const withParent = yield* broker.mint({ subject: "parent" })
    const child = yield* Effect.scoped(
      Effect.flatMap(Client.connect(broker.openPort(), withParent), (parent) => parent.attenuate({ subject: "child" }))
    )
    yield* broker.revoke(withParent)
    yield* endWorker

    assert.strictEqual(yield* present(token), "host")
    assert.strictEqual(yield* present(derived), "host/derived")
    for (const over of [revoked, expired, withParent, child]) assert.strictEqual(yield* present(over), "unknown")
    // What a derived one may do is still bounded by both, and its parent still ends it.
    const narrow = yield* Client.connect(broker.openPort(), derived)
    assert.strictEqual((yield* Effect.flip(narrow.run("printf", ["a"])))._tag, "PermissionDenied")
    yield* client.revoke(derived)
    assert.strictEqual(yield* present(derived), "revoked")
  }).pipe(Effect.scoped, Effect.provide(failing(), { local: true }))
)

it.live("a client with one port hears that its broker is gone; one with a source of ports connects again", () =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const once = yield* connect()
    const token = yield* broker.mint({ ...testPolicy, shell: true })
    const lasting = yield* Client.connect(broker.openPort(), token)
    yield* lasting.setDefaultShell({ program: "sh", args: ["-e", "-c"] })
    const child = yield* spawnScript(lasting, "echo ready; exec sleep 1000")
    yield* waitForLine(child, "ready")
    const exit = yield* Effect.forkChild(Effect.flip(child.exit), { startImmediately: true })
    yield* endWorker

    assert.strictEqual((yield* Fiber.join(exit))._tag, "BrokerUnavailable")
    assert.strictEqual((yield* Effect.flip(child.write("more")))._tag, "BrokerUnavailable")
    assert.strictEqual((yield* Effect.flip(once.run("true")))._tag, "BrokerUnavailable")
    assert.strictEqual((yield* lasting.run("printf", ["again"])).stdout, "again")
    assert.deepStrictEqual(yield* lasting.list().pipe(Effect.map((all) => all.map(({ command }) => command))), [
      "printf"
    ])
    assert.deepStrictEqual(yield* lasting.defaultShell, { program: "sh", args: ["-e", "-c"] })
  }).pipe(Effect.scoped, Effect.provide(failing(), { local: true }))
)

it.live("without a launcher its children are ended by the next thread", () =>
  Effect.gen(function* () {
    const client = yield* connect()
    const child = yield* spawnScript(client, "trap '' TERM; setsid sleep 1000 & echo ready; sleep 1000")
    yield* waitForLine(child, "ready")
    yield* endWorker
    yield* eventually("nobody is left", client.living, (left) => left.length === 0)
  }).pipe(Effect.scoped, Effect.provide(failing({ spawner: "direct" }), { local: true }))
)

it.live("a client whose broker was shut down is told so, and does not wait for another", () =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const client = yield* Client.connect(broker.openPort(), yield* broker.mint(testPolicy))
    yield* broker.shutdown()
    assert.strictEqual((yield* Effect.flip(client.run("true")))._tag, "BrokerUnavailable")
  }).pipe(Effect.scoped, Effect.provide(Broker.layer(), { local: true }))
)

it.live("what happens is told on, and messages of topics are given on, by the next thread", () =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const news = defineTopic("news", Schema.String)
    const token = yield* broker.mint({ ...testPolicy, topics: { publish: ["news"], subscribe: ["news"] } })
    const client = yield* Client.connect(broker.openPort(), token)
    const started = (events: Stream.Stream<BusEvent, ProcessError>) =>
      events.pipe(
        Stream.filter(({ _tag }) => _tag === "ProcessStarted"),
        Stream.take(1),
        Stream.runCollect,
        Effect.map(([event]) => event?._tag === "ProcessStarted" && event.command)
      )
    yield* endWorker
    const [byHost, byClient, message] = yield* Effect.all(
      [
        started(broker.events),
        started(client.events()),
        client.subscribe(news).pipe(Stream.take(1), Stream.runCollect),
        // Nobody tells when a listener is there.
        Effect.repeat(Effect.andThen(client.run("printf", ["again"]), client.publish(news, "again")), {
          until: (heardBy) => heardBy > 0,
          schedule: Schedule.spaced("20 millis")
        })
      ],
      { concurrency: "unbounded" }
    )
    assert.strictEqual(byHost, "printf")
    assert.strictEqual(byClient, "printf")
    assert.deepStrictEqual([...message], ["again"])
  }).pipe(Effect.scoped, Effect.provide(failing(), { local: true }))
)

it.live(
  "who listens before goes on listening after, and is told of the restart whatever he listens for; nobody else is",
  () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const client = yield* Client.connect(broker.openPort(), yield* broker.mint(testPolicy))
      let told = 0
      const untilClosedTwice = (events: Stream.Stream<BusEvent, ProcessError>) =>
        events.pipe(
          Stream.filter(({ _tag }) => _tag === "ProcessClosed" || _tag === "BrokerRestarted"),
          Stream.tap(() => Effect.sync(() => told++)),
          Stream.take(3),
          Stream.runCollect,
          (listening) => Effect.forkChild(listening, { startImmediately: true })
        )
      const byHost = yield* untilClosedTwice(broker.events)
      const byClient = yield* untilClosedTwice(client.events({ types: ["ProcessClosed"] }))
      yield* client.run("true")
      // What has not been told by then ends with the thread.
      yield* eventually(
        "both are told",
        Effect.sync(() => told),
        (times) => times === 2
      )
      yield* endWorker
      const late = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(), 1)), {
        startImmediately: true
      })
      yield* Effect.repeat(client.run("true"), {
        until: () => [byHost, byClient, late].every((fiber) => fiber.pollUnsafe() !== undefined)
      })
      const tags = ["ProcessClosed", "BrokerRestarted", "ProcessClosed"]
      const [, toldHost] = yield* Effect.tap(Fiber.join(byHost), (facts) =>
        Effect.sync(() =>
          assert.deepStrictEqual(
            facts.map(({ _tag }) => _tag),
            tags
          )
        )
      )
      const clients = yield* Fiber.join(byClient)
      assert.deepStrictEqual(
        clients.map(({ _tag }) => _tag),
        tags
      )
      assert.deepInclude(toldHost, { seq: 1, reason: "Error: on purpose" })
      // What has ended the thread is none of its business.
      assert.notProperty(clients[1], "reason")
      assert.strictEqual(clients[1]!.seq, 1)
      const [first] = yield* Fiber.join(late)
      assert.notStrictEqual(first?._tag, "BrokerRestarted")
    }).pipe(Effect.scoped, Effect.provide(failing(), { local: true }))
)
