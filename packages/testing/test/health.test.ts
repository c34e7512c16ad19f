/** The health of a broker over HTTP, asked as a stranger would. */
import { assert, it } from "@effect/vitest"
import { Broker, type Health, type HealthEndpoint, serveHealth } from "@spawnbroker/broker"
import type { DaemonSpec } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { BroadcastChannel } from "node:worker_threads"
import { eventually, host } from "../src/index.ts"

interface Answer {
  readonly status: number
  readonly body: string
}

const ask = ({ port }: HealthEndpoint, path: string, headers: Record<string, string> = {}, method = "GET") =>
  Effect.callback<Answer>((resume) => {
    const asking = request({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      let body = ""
      response.setEncoding("utf8").on("data", (text: string) => (body += text))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode!, body: body.trimEnd() })))
    })
    asking.on("error", (cause) => resume(Effect.die(cause)))
    asking.end()
  })

const statuses = (endpoint: HealthEndpoint) =>
  Effect.map(
    Effect.forEach(["/live", "/ready", "/health"], (path) => ask(endpoint, path)),
    (answers) => answers.map(({ status }) => status)
  )

const health = (endpoint: HealthEndpoint) =>
  Effect.map(ask(endpoint, "/health"), ({ body }) => JSON.parse(body) as Health)

const script = (name: string, text: string, more: Partial<DaemonSpec> = {}): DaemonSpec => ({
  name,
  command: "sh",
  args: ["-c", text],
  ...more
})

const withBroker = <A, E>(test: Effect.Effect<A, E, Broker | Scope.Scope>) =>
  Effect.provide(Effect.scoped(test), Broker.layer({ workerUrl: host("failing-worker.ts") }), { local: true })

it.live("says whether the broker lives, and whether every daemon that should be is ready", () =>
  withBroker(
    Effect.gen(function* () {
      const broker = yield* Broker
      const endpoint = yield* serveHealth(broker)
      assert.strictEqual(endpoint.url, `http://127.0.0.1:${endpoint.port}`)
      assert.deepStrictEqual(yield* statuses(endpoint), [200, 200, 200])
      yield* broker.daemons.startAll(
        [
          script("ready", "exec sleep 1000"),
          script("done", "exit 0"),
          script("stopped", "exec sleep 1000"),
          script("starts", "echo a secret; exec sleep 1000", { readiness: { log: { match: "never" } } }),
          script("fails", "exit 1", { restart: { policy: "never" } })
        ],
        { until: "started" }
      )
      yield* broker.daemons.stop("stopped")
      yield* eventually("it has failed", broker.daemons.get("fails"), ({ state }) => state === "failed")
      yield* eventually("it is done", broker.daemons.get("done"), ({ state }) => state === "completed")
      assert.deepStrictEqual(yield* statuses(endpoint), [200, 503, 503])
      const { launchers, ...seen } = yield* health(endpoint)
      // There may be more of them, where there are more cores.
      assert.strictEqual(launchers!.spawner, "launcher")
      assert.isAtLeast(launchers!.ready, 1)
      assert.deepStrictEqual(seen, {
        status: "unready",
        worker: { replaced: 0, sessions: 0, processes: 2 },
        daemons: {
          states: { healthy: 1, completed: 1, stopped: 1, started: 1, failed: 1 },
          unready: [
            { name: "starts", state: "started" },
            { name: "fails", state: "failed" }
          ]
        }
      })
      yield* broker.daemons.stopAll(["starts", "fails"], { forget: true })
      assert.deepStrictEqual(yield* statuses(endpoint), [200, 200, 200])
    })
  )
)

it.live("goes on over a thread that is replaced, and says that a broker is down that was shut down", () =>
  withBroker(
    Effect.gen(function* () {
      const broker = yield* Broker
      const endpoint = yield* serveHealth(broker)
      const channel = new BroadcastChannel("failing-worker")
      channel.postMessage("throw")
      channel.close()
      yield* eventually("it is replaced", health(endpoint), (seen) => JSON.stringify(seen).includes('"replaced":1'))
      assert.deepStrictEqual(yield* statuses(endpoint), [200, 200, 200])
      yield* broker.shutdown()
      assert.deepStrictEqual(yield* statuses(endpoint), [503, 503, 503])
      const { body } = yield* ask(endpoint, "/health")
      assert.deepInclude(JSON.parse(body), { status: "down" })
    })
  )
)

const hosts = [
  ["localhost", 200],
  ["LOCALHOST:80", 200],
  ["127.0.0.1:1234", 200],
  ["127.8.8.8", 200],
  ["[::1]:1234", 200],
  ["attacker.example", 403],
  ["localhost.attacker.example", 403],
  ["127.0.0.1.attacker.example", 403],
  ["10.0.0.1", 403]
] as const

it.live("answers nobody who came by another name, takes no orders, and knows no other path", () =>
  withBroker(
    Effect.gen(function* () {
      const endpoint = yield* serveHealth(yield* Broker)
      for (const [name, status] of hosts) {
        assert.strictEqual((yield* ask(endpoint, "/live", { host: name })).status, status, name)
      }
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        assert.strictEqual((yield* ask(endpoint, "/live", {}, method)).status, 405)
      }
      for (const path of ["/", "/healthz", "/live/", "/__proto__", "/constructor", "/toString", "//live"]) {
        assert.strictEqual((yield* ask(endpoint, path)).status, 404, path)
      }
      assert.strictEqual((yield* ask(endpoint, "/live?verbose")).status, 200)
      assert.deepStrictEqual(yield* ask(endpoint, "/live", {}, "HEAD"), { status: 200, body: "" })
    })
  )
)

it.live("ends with its scope, whoever is connected, and cannot have a port that is taken", () =>
  withBroker(
    Effect.gen(function* () {
      const broker = yield* Broker
      const scope = yield* Scope.make()
      const endpoint = yield* Scope.provide(serveHealth(broker), scope)
      const taken = yield* Effect.flip(serveHealth(broker, { port: endpoint.port }))
      assert.deepInclude(taken, { _tag: "BrokerUnavailable" })
      assert.include(taken.message, "EADDRINUSE")
      const wrong = yield* Effect.flip(serveHealth(broker, { port: 70_000 }))
      assert.deepInclude(wrong, { _tag: "BrokerUnavailable" })
      const silent = yield* Effect.callback<Socket>((resume) => {
        const socket = connect(endpoint.port, "127.0.0.1", () => resume(Effect.succeed(socket)))
      })
      const ended = new Promise((resolve) =>
        silent
          .once("close", resolve)
          .on("error", () => {})
          .resume()
      )
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(() => ended)
    })
  )
)
