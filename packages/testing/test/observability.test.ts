/** What a host's exporters see of a broker, at the other end of the wire. */
import { assert, it, layer } from "@effect/vitest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import { BrokerMetrics, type BrokerMetricsOptions, BrokerTracing } from "@spawnbroker/broker/observability"
import { Client } from "@spawnbroker/client"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import { BroadcastChannel } from "node:worker_threads"
import { type CollectedSpan, type Collector, sendTo, startCollector } from "../src/collector.ts"
import { connect, eventually, host, testPolicy } from "../src/index.ts"
import { bucketsOf, parsePrometheus } from "../src/prometheus.ts"
import { assertFails, assertSucceeds, connectRaw, specOf } from "./security/raw-client.ts"

const tracedBroker = (collector: Collector) =>
  BrokerTracing.layer.pipe(Layer.provideMerge(Broker.layer()), Layer.provide(sendTo(collector, "host")))

const named = (spans: ReadonlyArray<CollectedSpan>, name: string): CollectedSpan => {
  const found = spans.filter((span) => span.name === name)
  assert.strictEqual(found.length, 1, `${name} among ${spans.map((span) => span.name).join()}`)
  return found[0]!
}

/** All that a program does under a span of its own, and all that its host does of it, once both have sent everything. */
const spansOf = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const collector = yield* startCollector
    const traced = program.pipe(Effect.withSpan("caller"), Effect.provide(sendTo(collector, "client")))
    yield* traced.pipe(Effect.scoped, Effect.provide(tracedBroker(collector)))
    return { spans: collector.spans(), sent: collector.bodies.join("\n") }
  }).pipe(Effect.scoped)

it.live(
  "one run is one trace: the caller, the run, its start, what the broker decided, and the life of the process",
  () =>
    Effect.gen(function* () {
      const { spans, sent } = yield* spansOf(
        Effect.gen(function* () {
          const client = yield* connect({ subject: "traced" })
          yield* client.run("sh", ["-c", "echo hunter2; exit 3"])
        })
      )
      const caller = named(spans, "caller")
      const run = named(spans, "spawnbroker.run")
      const spawn = named(spans, "spawnbroker.spawn")
      const ofHost = ["authorize", "start", "process"].map((name) => named(spans, `spawnbroker.${name}`))
      assert.isTrue(spans.every(({ traceId }) => traceId === caller.traceId))
      assert.deepStrictEqual(
        [run, spawn, ...ofHost].map(({ parentSpanId }) => parentSpanId),
        [caller.spanId, run.spanId, spawn.spanId, spawn.spanId, spawn.spanId]
      )
      assert.deepStrictEqual(
        [run, spawn].map(({ service }) => service),
        ["client", "client"]
      )
      assert.deepStrictEqual(
        ofHost.map(({ service }) => service),
        ["host", "host", "host"]
      )
      const [authorize, start, process] = ofHost as [CollectedSpan, CollectedSpan, CollectedSpan]
      assert.deepInclude(authorize.attributes, { "process.command": "sh", "spawnbroker.subject": "traced" })
      assert.strictEqual(authorize.endTimeUnixNano, start.startTimeUnixNano)
      assert.isTrue(BigInt(start.endTimeUnixNano) <= BigInt(process.endTimeUnixNano))
      assert.isTrue(BigInt(process.startTimeUnixNano) < BigInt(process.endTimeUnixNano))
      assert.strictEqual(Number(process.attributes["process.exit.code"]), 3)
      assert.strictEqual(Number(run.attributes["process.exit.code"]), 3)
      assert.strictEqual(process.attributes["spawnbroker.process.id"], spawn.attributes["spawnbroker.process.id"])
      assert.notInclude(sent, "hunter2")
    })
)

it.live("a refusal is a span of the host with its rule, and no span has an argument in it", () =>
  Effect.gen(function* () {
    const { spans, sent } = yield* spansOf(
      Effect.gen(function* () {
        const client = yield* connect()
        yield* Effect.flip(client.run("rm", ["hunter2"]))
        yield* Effect.flip(client.run("sh", ["-c", "echo hunter2; exit 1"], { check: true }))
        yield* Effect.flip(client.start("echo hunter2"))
        yield* Effect.flip(client.run("printf", ["hunter2"], { cwd: "/nowhere/hunter2" }))
      })
    )
    const denied = spans.filter(({ name, status }) => name === "spawnbroker.authorize" && status.code === 2)
    assert.deepStrictEqual(
      denied.map(({ attributes, status }) => [attributes["spawnbroker.rule"], status.message]),
      [
        ["commands", "PermissionDenied"],
        ["shell", "PermissionDenied"]
      ]
    )
    const failed = spans.find(({ name, status }) => name === "spawnbroker.start" && status.code === 2)
    assert.strictEqual(failed?.status.message, "NotFound")
    const runs = spans.filter(({ name }) => name === "spawnbroker.run").map(({ status }) => status.message)
    assert.deepStrictEqual(runs, ["PermissionDenied", "RunFailed", "NotFound"])
    assert.notInclude(sent, "hunter2")
  })
)

it.live("a pipeline and a process in the background are traced as one that is spawned", () =>
  Effect.gen(function* () {
    const { spans } = yield* spansOf(
      Effect.gen(function* () {
        const client = yield* connect()
        yield* client.runPipeline([{ command: "printf", args: ["x"] }, { command: "cat" }])
        const id = yield* client.start(["true"])
        yield* Stream.runDrain((yield* client.attach(id)).lifecycle)
      })
    )
    const pipeline = named(spans, "spawnbroker.pipeline")
    assert.strictEqual(pipeline.parentSpanId, named(spans, "spawnbroker.runPipeline").spanId)
    const started = named(spans, "spawnbroker.spawn")
    const parents = spans.filter(({ name }) => name === "spawnbroker.process").map(({ parentSpanId }) => parentSpanId)
    assert.sameMembers(parents, [pipeline.spanId, pipeline.spanId, started.spanId])
  })
)

layer(Broker.layer(), { excludeTestServices: true })("TRACEPARENT", (suite) => {
  const print = ["-c", 'printf %s "$TRACEPARENT"']

  suite.effect("is the span of the call, where the client asks for it", () =>
    Effect.gen(function* () {
      const collector = yield* startCollector
      const client = yield* connect()
      const run = client.run("sh", print, { trace: true })
      const { stdout } = yield* Effect.provide(run, sendTo(collector, "client"))
      const spawn = named(collector.spans(), "spawnbroker.spawn")
      assert.strictEqual(stdout, `00-${spawn.traceId}-${spawn.spanId}-01`)
      const fixed = yield* connect({ env: { values: { TRACEPARENT: "fixed" } } })
      const stays = fixed.run("sh", print, { trace: true })
      assert.strictEqual((yield* Effect.provide(stays, sendTo(collector, "client"))).stdout, "fixed")
      const { stdout: unsampled } = yield* run.pipe(Effect.withSpan("off", { sampled: false }))
      assert.match(unsampled, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    }).pipe(Effect.scoped)
  )

  suite.effect("is not there where nobody asks for it, or there is no span", () =>
    Effect.gen(function* () {
      const collector = yield* startCollector
      const client = yield* connect()
      const run = client.run("sh", print)
      assert.strictEqual((yield* Effect.provide(run, sendTo(collector, "client"))).stdout, "")
      assert.strictEqual((yield* client.run("sh", print, { trace: true })).stdout, "")
      assert.strictEqual((yield* run.pipe(Effect.withSpan("caller"))).stdout, "")
      const wrong = yield* Effect.flip(client.run("sh", print, { trace: "yes" as never }))
      assert.deepInclude(wrong, { _tag: "InvalidArgument", argument: "trace" })
    }).pipe(Effect.scoped)
  )

  suite.effect("and a trace that is no such thing are refused: nothing but digits gets in", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const trace = { traceId: "1".repeat(32), spanId: "2".repeat(16), sampled: true, toProcess: true }
      const spawn = (channel: number, part: object) =>
        Effect.promise(() =>
          client.call("spawn", { channel, spec: specOf("true", [], { trace: { ...trace, ...part } }) })
        )
      assertSucceeds(yield* spawn(0, {}))
      for (const part of [
        { traceId: "1".repeat(31) },
        { traceId: `${"1".repeat(31)}\n` },
        { traceId: "0".repeat(32) },
        { traceId: "A".repeat(32) },
        { traceId: "1".repeat(1_000_000) },
        { spanId: "0".repeat(16) },
        { spanId: "$(id)" },
        { sampled: 1 },
        { state: "x" }
      ]) {
        assertFails(yield* spawn(1, part), "InvalidArgument")
      }
    })
  )
})

it.live("facts tell of the trace, and of none where there is none", () =>
  Effect.gen(function* () {
    const collector = yield* startCollector
    const client = yield* connect()
    const facts: Array<any> = []
    const collect = Stream.runForEach(client.events(), (event) => Effect.sync(() => facts.push(event)))
    yield* Effect.forkScoped(collect, { startImmediately: true })
    yield* client.list()
    yield* client.run("true")
    yield* Effect.provide(client.run("true"), sendTo(collector, "client"))
    yield* eventually(
      "both are over",
      Effect.sync(() => facts.length),
      (length) => length === 6
    )
    const spawn = named(collector.spans(), "spawnbroker.spawn")
    const trace = { traceId: spawn.traceId, spanId: spawn.spanId, sampled: true }
    assert.deepStrictEqual(
      facts.map((fact) => fact.trace),
      [undefined, undefined, undefined, trace, trace, undefined]
    )
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

/** A broker with metrics in a registry of its own, which are looked at when somebody scrapes. */
const withMetrics = <A, E>(program: Effect.Effect<A, E, BrokerMetrics | Broker>, options: BrokerOptions = {}) =>
  program.pipe(
    Effect.provide(BrokerMetrics.layer({ interval: "1 hour" }).pipe(Layer.provideMerge(Broker.layer(options)))),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )

const scrape = Effect.flatMap(BrokerMetrics, ({ prometheus }) => Effect.map(prometheus, parsePrometheus))

it.live("the metrics are scraped over HTTP, and say what there was", () =>
  withMetrics(
    Effect.gen(function* () {
      const metrics = yield* BrokerMetrics
      const route = HttpRouter.add(
        "GET",
        "/metrics",
        Effect.map(metrics.prometheus, (text) =>
          HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
        )
      )
      const server = HttpRouter.serve(route, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
      )
      const { address } = Context.get(yield* Layer.build(server), HttpServer.HttpServer)
      const url = `http://127.0.0.1:${"port" in address ? address.port : 0}/metrics`

      const client = yield* connect()
      yield* client.run("sh", ["-c", "cat; echo four >&2"], { stdin: "12345" })
      yield* client.run("sh", ["-c", "exit 1"])
      yield* Effect.flip(client.run("rm"))
      yield* Effect.flip(client.run("true", [], { cwd: "/nowhere" }))
      yield* Effect.flip(client.kill({ pid: 1 as never }))
      const cat = yield* client.spawn("cat")

      const look = Effect.promise(async () => parsePrometheus(await (await fetch(url)).text()))
      const scraped = yield* eventually(
        "what has ended is over",
        look,
        (seen) => seen.get('spawnbroker_processes{state="exited"}') === 0
      )
      const expected = {
        'spawnbroker_starts_total{outcome="started"}': 3,
        'spawnbroker_starts_total{outcome="denied"}': 1,
        'spawnbroker_starts_total{outcome="limited"}': 0,
        'spawnbroker_starts_total{outcome="failed"}': 1,
        spawnbroker_start_duration_seconds_count: 3,
        'spawnbroker_processes{state="running"}': 1,
        spawnbroker_sessions: 1,
        spawnbroker_denials_total: 2,
        'spawnbroker_stream_bytes_total{stream="stdin"}': 5,
        'spawnbroker_stream_bytes_total{stream="stdout"}': 5,
        'spawnbroker_stream_bytes_total{stream="stderr"}': 5,
        spawnbroker_worker_restarts_total: 0
      }
      assert.deepInclude(Object.fromEntries(scraped), expected)
      const buckets = bucketsOf(scraped, "spawnbroker_start_duration_seconds")
      assert.deepStrictEqual(
        buckets,
        buckets.toSorted((one, other) => one - other)
      )
      assert.strictEqual(buckets.at(-1), 3)
      yield* eventually(
        "the loops are measured",
        look,
        (seen) =>
          (seen.get("spawnbroker_loop_delay_seconds_count") ?? 0) > 0 &&
          (seen.get('spawnbroker_launcher_loop_delay_seconds_count{launcher="0"}') ?? 0) > 0
      )
      yield* cat.kill()
    }).pipe(Effect.scoped)
  )
)

it.live("the metrics say what waits: output that nobody takes, and facts", () =>
  withMetrics(
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.forkScoped(
        Stream.runForEach(client.events(), () => Effect.never),
        { startImmediately: true }
      )
      yield* client.list()
      const zeros = yield* client.spawn("head", ["-c", "5000000", "/dev/zero"], {
        windowBytes: 65_536,
        stderr: "ignore"
      })
      yield* client.run("true")
      const seen = yield* eventually("it is held up", scrape, (all) => all.get("spawnbroker_streams_held_up") === 1)
      assert.strictEqual(seen.get("spawnbroker_output_window_bytes"), 65_536)
      assert.isAtLeast(seen.get("spawnbroker_output_held_bytes")!, 65_536)
      yield* eventually("facts wait", scrape, (all) => all.get("spawnbroker_events_waiting")! > 0)
      yield* Stream.runDrain(zeros.stdout)
      yield* zeros.exit
      const later = yield* eventually("it is over", scrape, (all) => all.get("spawnbroker_output_held_bytes") === 0)
      assert.strictEqual(later.get('spawnbroker_stream_bytes_total{stream="stdout"}'), 5_000_000)
    }).pipe(Effect.scoped)
  )
)

it.live("counters only grow: bytes of processes that are forgotten, and of a thread that was replaced", () =>
  withMetrics(
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(testPolicy)
      const client = yield* Client.connect(broker.openPort(), token)
      // More than are remembered of one token.
      yield* Effect.forEach(Array.from({ length: 300 }), () => client.run("printf", ["x"]), {
        concurrency: 10,
        discard: true
      })
      const bytes = 'spawnbroker_stream_bytes_total{stream="stdout"}'
      const started = 'spawnbroker_starts_total{outcome="started"}'
      const before = yield* eventually("they are counted", scrape, (all) => all.get(started) === 300)
      assert.deepStrictEqual([before.get(bytes), before.get(started)], [300, 300])
      yield* failWorker(broker)
      yield* client.run("printf", ["x"])
      const after = yield* eventually("one more is counted", scrape, (all) => all.get(started) === 301)
      assert.deepStrictEqual([after.get(bytes), after.get(started)], [301, 301])
      assert.strictEqual(after.get("spawnbroker_start_duration_seconds_count"), 301)
      assert.strictEqual(after.get("spawnbroker_worker_restarts_total"), 1)
    }).pipe(Effect.scoped),
    { workerUrl: host("failing-worker.ts") }
  )
)

/** Ends the thread of a broker, and waits until there is another. */
const failWorker = ({ stats }: Broker["Service"]) =>
  Effect.gen(function* () {
    const channel = new BroadcastChannel("failing-worker")
    channel.postMessage("throw")
    yield* eventually("it is replaced", stats, ({ replaced }) => replaced === 1)
    channel.close()
  })

it.live("a launcher that has died is counted, and the log says so as whose word it is", () => {
  const lines: Array<{ readonly message: string; readonly annotations: Readonly<Record<string, unknown>> }> = []
  const keep = Logger.make(({ message, fiber }) => {
    lines.push({ message: String(message), annotations: fiber.getRef(References.CurrentLogAnnotations) })
  })
  return withMetrics(
    Effect.gen(function* () {
      const client = yield* connect()
      const launcher = yield* client.run("sh", ["-c", "echo $PPID"])
      process.kill(Number(launcher.stdout), "SIGKILL")
      const look = Effect.map(scrape, (all) => all.get("spawnbroker_launcher_restarts_total"))
      yield* eventually("it is replaced", look, (count) => count === 1)
      const line = yield* eventually(
        "it is told",
        Effect.sync(() => lines.find(({ message }) => message.includes("A launcher has ended (SIGKILL)"))),
        (found) => found !== undefined
      )
      assert.deepInclude(line!.annotations, { "spawnbroker.part": "launcher" })
      assert.strictEqual((yield* client.run("printf", ["x"])).stdout, "x")
    }).pipe(Effect.scoped),
    { spawner: "launcher" }
  ).pipe(Effect.provide(Logger.layer([keep])))
})

it.live("a launcher that stands still holds up nobody who asks for metrics", () =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const client = yield* connect()
    const launcher = Number((yield* client.run("sh", ["-c", "echo $PPID"])).stdout)
    const answers = eventually("it answers", broker.metrics, ({ launchers }) => launchers.length === 1)
    yield* answers
    process.kill(launcher, "SIGSTOP")
    assert.deepStrictEqual((yield* broker.metrics).launchers, [])
    process.kill(launcher, "SIGCONT")
    yield* answers
  }).pipe(Effect.scoped, Effect.provide(Broker.layer({ spawner: "launcher", launchers: 1 })))
)

it.live("the metrics go to whoever exports those of the program, and are gone with their layer", () =>
  Effect.gen(function* () {
    const collector = yield* startCollector
    const exported = eventually("it has come", Effect.sync(collector.metrics), (names) =>
      names.has("spawnbroker_processes")
    )
    yield* withMetrics(Effect.provide(exported, sendTo(collector, "host")))
    const registry: Metric.MetricRegistry = new Map()
    const program = Effect.provide(Effect.void, BrokerMetrics.layer().pipe(Layer.provide(Broker.layer())))
    yield* Effect.provideService(program, Metric.MetricRegistry, registry)
    assert.strictEqual(registry.size, 0)
  }).pipe(Effect.scoped)
)

it.live("two brokers of one program are told apart by their attributes, or refused", () =>
  withMetrics(
    Effect.gen(function* () {
      const second = (options: BrokerMetricsOptions) =>
        Effect.provide(scrape, BrokerMetrics.layer(options).pipe(Layer.provide(Layer.fresh(Broker.layer()))))
      const same = yield* Effect.flip(second({}))
      assert.deepInclude(same, { _tag: "InvalidArgument", argument: "attributes" })
      const both = yield* second({ attributes: { broker: "second" } })
      assert.deepStrictEqual(
        [...both.keys()].filter((series) => series.startsWith("spawnbroker_sessions")),
        ["spawnbroker_sessions", 'spawnbroker_sessions{broker="second"}']
      )
    })
  )
)
