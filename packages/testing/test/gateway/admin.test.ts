/** What the gateway lets admins do, and lets nobody else, asked as no page of ours would. */
import { assert, layer } from "@effect/vitest"
import { Broker, type ConnectedClient, type GoodToken } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { Gateway, type GatewayHandle } from "@spawnbroker/gateway"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { collectEvents } from "../../src/collect-events.ts"
import { eventually } from "../../src/harness.ts"
import { ask, type RawRequest } from "./raw-http.ts"

class Served extends Context.Service<Served, GatewayHandle>()("test/Served") {}

const served = Layer.effect(
  Served,
  Effect.flatMap(Broker, (broker) =>
    Gateway.start(broker, {
      users: { ada: "admin", eve: "admin", otto: "operator", vera: "viewer" },
      origins: ["https://app.example.org"]
    })
  )
).pipe(Layer.provideMerge(Broker.layer({ policyWarnings: "ignore" })))

const send = (path: string, request: RawRequest) =>
  Effect.flatMap(Served, ({ url }) => Effect.promise(() => ask(url, path, request)))

const post = (path: string, body: unknown, headers: Readonly<Record<string, string>>) =>
  Effect.flatMap(Served, ({ url }) =>
    send(path, {
      method: "POST",
      headers: { origin: new URL(url).origin, "content-type": "application/json", ...headers },
      body: JSON.stringify(body)
    })
  )

const logIn = (name: string) =>
  Effect.gen(function* () {
    const { loginLink } = yield* Served
    const answer = yield* post("/login", { code: new URL(yield* loginLink(name)).hash.slice(1) }, {})
    return answer.headers["set-cookie"]![0]!.split(";")[0]!
  })

const reads = ["/admin/clients", "/admin/tokens", "/admin/health"]

/** A token of which nothing is lost, and its identifier. */
const sample = Effect.gen(function* () {
  const broker = yield* Broker
  const token = yield* broker.mint({ subject: "sample", observe: "all", kill: "all" })
  return { token, id: (yield* broker.tokens).at(-1)!.id }
})

layer(served, { excludeTestServices: true, timeout: "60 seconds" })("of what the host can do", (suite) => {
  suite.effect.each(["vera", "otto"])("%s gets nothing", (user) =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const cookie = yield* logIn(user)
      const { id } = yield* sample
      for (const path of reads) assert.strictEqual((yield* send(path, { headers: { cookie } })).status, 403, path)
      assert.strictEqual((yield* post("/admin/revoke", { id, kill: false }, { cookie })).status, 403)
      yield* broker.revokeById(id)
    })
  )

  suite.effect("nobody gets anything, nor does a token that may see and end everything", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { id, token } = yield* sample
      for (const [headers, status] of [
        [{}, 401],
        [{ authorization: `Bearer ${token}` }, 403]
      ] as const) {
        for (const path of reads) assert.strictEqual((yield* send(path, { headers })).status, status, path)
        assert.strictEqual((yield* post("/admin/revoke", { id, kill: false }, headers)).status, status)
      }
      yield* broker.revokeById(id)
    })
  )

  suite.effect("nothing is changed by a page that is not ours, by a GET, a form, or what is not asked for", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const cookie = yield* logIn("ada")
      const { id } = yield* sample
      const body = { id, kill: false }
      const tried = {
        "no origin": yield* send("/admin/revoke", {
          method: "POST",
          headers: { cookie, "content-type": "application/json" },
          body: JSON.stringify(body)
        }),
        "an origin that may connect": yield* post("/admin/revoke", body, { cookie, origin: "https://app.example.org" }),
        "another site": yield* post("/admin/revoke", body, { cookie, origin: "https://evil.example" }),
        "a GET": yield* send(`/admin/revoke?id=${id}`, { headers: { cookie } }),
        "a form": yield* post("/admin/revoke", body, { cookie, "content-type": "text/plain" }),
        "a field more": yield* post("/admin/revoke", { ...body, all: true }, { cookie }),
        "no identifier": yield* post("/admin/revoke", { id: "*", kill: false }, { cookie }),
        "no JSON object": yield* post("/admin/revoke", [id], { cookie }),
        "a token that there is not": yield* post("/admin/revoke", { id: "0".repeat(16), kill: false }, { cookie })
      }
      assert.deepStrictEqual(
        Object.entries(tried).map(([name, { status }]) => [name, status]),
        [
          ["no origin", 401],
          ["an origin that may connect", 401],
          ["another site", 403],
          ["a GET", 405],
          ["a form", 400],
          ["a field more", 400],
          ["no identifier", 400],
          ["no JSON object", 400],
          ["a token that there is not", 404]
        ]
      )
      for (const path of reads) {
        const answer = yield* send(path, { headers: { cookie, origin: "https://app.example.org" } })
        assert.strictEqual(answer.status, 401, path)
      }
      yield* broker.revokeById(id)
    })
  )

  suite.effect("an admin sees who is connected and how the broker does, and ends a token, which the audit tells", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { webSocketUrl } = yield* Served
      const seen = yield* collectEvents(broker.events)
      const cookie = yield* logIn("ada")
      const { id, token } = yield* sample
      const client = yield* Client.connectWebSocket(webSocketUrl, token)
      const look = (path: string) =>
        Effect.map(send(path, { headers: { cookie } }), ({ status, body }) => {
          assert.strictEqual(status, 200)
          assert.notInclude(body, token)
          return JSON.parse(body)
        })
      const clients = (yield* look("/admin/clients")) as ReadonlyArray<ConnectedClient>
      assert.deepInclude(
        clients.find(({ tokenId }) => tokenId === id),
        { subject: "sample", via: "WebSocket" }
      )
      const tokens = (yield* look("/admin/tokens")) as ReadonlyArray<GoodToken>
      assert.deepInclude(
        tokens.find((each) => each.id === id),
        { subject: "sample", sessions: 1, processes: 0 }
      )
      const health = yield* look("/admin/health")
      assert.hasAllKeys(health, ["at", "stats", "metrics", "bounds", "host"])
      assert.strictEqual((yield* post("/admin/revoke", { id, kill: true }, { cookie })).status, 204)
      // The connection may be lost before its client is told why; the next one tells him.
      yield* eventually("it has no token", Effect.flip(client.list()), ({ _tag }) => _tag === "InvalidToken")
      assert.strictEqual((yield* post("/logout", {}, { cookie })).status, 204)
      assert.strictEqual((yield* post("/login", { code: "wrong" }, {})).status, 401)
      const address = "127.0.0.1"
      const notes = yield* eventually(
        "all is noted",
        Effect.sync(() => seen.flatMap((event) => (event._tag === "HostNoted" ? [event] : []))),
        ({ length }) => length >= 4
      )
      assert.deepStrictEqual(
        notes.map(({ act, by, target }) => [act, by, target]),
        [
          ["log in", "ada", address],
          ["revoke, with processes", "ada", id],
          ["log out", "ada", address],
          ["log in failed", undefined, address]
        ]
      )
    }).pipe(Effect.scoped)
  )

  suite.effect("an admin whose own token was ended gets nothing any more", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const cookie = yield* logIn("eve")
      const { id } = (yield* broker.tokens).find(({ subject }) => subject === "user:eve")!
      assert.strictEqual((yield* post("/admin/revoke", { id, kill: false }, { cookie })).status, 204)
      for (const path of reads) assert.strictEqual((yield* send(path, { headers: { cookie } })).status, 403, path)
      assert.strictEqual((yield* post("/admin/revoke", { id, kill: false }, { cookie })).status, 403)
    })
  )
})
