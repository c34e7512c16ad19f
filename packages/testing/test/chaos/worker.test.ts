import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, type ProcessError } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { BroadcastChannel } from "node:worker_threads"
import { eventually, host, testPolicy, waitForLine } from "../../src/index.ts"
import { crowdScripts } from "../../src/hosts/crowd-scripts.ts"
import { report, sleepersOf, uniqueSeconds } from "./chaos.ts"

const ROUNDS = 50
const CHILDREN = 10

const failures = ["throw", "exit", "hang", "exhaust"] as const

/** A broker of its own, whose thread fails once: how long until it serves again, and until nobody is left. */
const failOnce = (how: string) =>
  Effect.gen(function* () {
    const channel = new BroadcastChannel("failing-worker")
    const broker = yield* Broker
    const token = yield* broker.mint({ ...testPolicy, commands: [{ command: "sh", args: true }] })
    const client = yield* Client.connect(broker.openPort(), token)
    const seconds = uniqueSeconds()
    const scripts = crowdScripts(seconds)
    const children = yield* Effect.forEach(
      Array.from({ length: CHILDREN }, (_, index) => scripts[index % scripts.length]!),
      (script) =>
        Effect.tap(client.spawn("sh", ["-c", script], { waitForEof: true }), (child) => waitForLine(child, "ready")),
      { concurrency: "unbounded" }
    )
    // One whose leader has exited has still its stream.
    const waits = children.flatMap((child, index): ReadonlyArray<Effect.Effect<unknown, ProcessError>> =>
      index % scripts.length === scripts.length - 1
        ? [Stream.runDrain(child.stderr)]
        : [child.exit, Stream.runDrain(child.stderr)]
    )
    const waiting = yield* Effect.forEach(waits, (wait) =>
      Effect.forkChild(Effect.flip(wait), { startImmediately: true })
    )
    const startedAt = performance.now()
    channel.postMessage(how)
    for (const fiber of waiting) assert.strictEqual((yield* Fiber.join(fiber))._tag, "BrokerUnavailable")
    const noticedAt = performance.now()
    const { stdout } = yield* client.run("sh", ["-c", "echo again"])
    const recoveredAt = performance.now()
    assert.strictEqual(stdout, "again\n")
    yield* eventually(
      "nobody is left",
      Effect.sync(() => sleepersOf(seconds)),
      (left) => left.length === 0
    )
    assert.strictEqual((yield* broker.stats).replaced, 1)
    channel.close()
    return { recoveryMs: recoveredAt - noticedAt, endMs: performance.now() - startedAt }
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Broker.layer({
        spawner: "launcher",
        workerUrl: host("failing-worker.ts"),
        hangTimeout: "1 second",
        heapLimitMb: 64
      }),
      { local: true }
    )
  )

it.live.each(failures)(
  "a worker that fails (%s) is replaced, and its clients are served again",
  (how) =>
    Effect.gen(function* () {
      const rounds = yield* Effect.forEach(Array.from({ length: ROUNDS }), () => failOnce(how))
      const recoveries = rounds.map(({ recoveryMs }) => recoveryMs)
      report(`a worker that fails (${how}): from the end of its connections until the next command had run`, recoveries)
      report(
        "from the failure until none of its children was left (survivors: 0)",
        rounds.map(({ endMs }) => endMs)
      )
    }),
  { timeout: 600_000 }
)
