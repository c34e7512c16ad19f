/** What somebody can do who reaches the gateway: a page of another site, a program of the network, a page of a stranger's name. */
import { assert, it, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { Gateway, type GatewayHandle } from "@spawnbroker/gateway"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { once } from "node:events"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { eventually, temporaryDirectory, testPolicy } from "../../src/harness.ts"
import { ask, knock } from "./raw-http.ts"

class Served extends Context.Service<Served, GatewayHandle & { readonly host: string }>()("test/Served") {}

const served = Layer.effect(
  Served,
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const files = join(directory, "console")
    mkdirSync(join(files, "assets"), { recursive: true })
    writeFileSync(join(files, "index.html"), "<!doctype html>the console")
    writeFileSync(join(files, "assets", "main-0123abcd.js"), "export {}")
    writeFileSync(join(directory, "secret.txt"), "secret")
    symlinkSync(join(directory, "secret.txt"), join(files, "link.txt"))
    const gateway = yield* Gateway.start(yield* Broker, {
      users: { ada: "admin", vera: "viewer" },
      origins: ["https://app.example.org"],
      console: files,
      metrics: Effect.succeed("up 1\n")
    })
    return { ...gateway, host: new URL(gateway.url).host }
  })
).pipe(Layer.provideMerge(Broker.layer({ policyWarnings: "ignore" })))

const speak = "spawnbroker.1"
const speakOrHear = `${speak}, spawnbroker.refused`

const codeOf = (link: string): string => new URL(link).hash.slice(1)

const post = (url: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  Effect.promise(() =>
    ask(url, path, {
      method: "POST",
      headers: { origin: new URL(url).origin, "content-type": "application/json", ...headers },
      body: JSON.stringify(body)
    })
  )

/** The cookie of somebody who has logged in. */
const logIn = (name: string) =>
  Effect.gen(function* () {
    const { url, loginLink } = yield* Served
    const answer = yield* post(url, "/login", { code: codeOf(yield* loginLink(name)) })
    assert.strictEqual(answer.status, 204)
    return answer.headers["set-cookie"]![0]!.split(";")[0]!
  })

const noSession = Effect.gen(function* () {
  const broker = yield* Broker
  yield* eventually("there is no session", broker.stats, ({ sessions }) => sessions === 0)
})

const places = [
  ["another host", { host: "evil.example" }, 421],
  ["a host that begins like ours", { host: "127.0.0.1.evil.example" }, 421],
  ["a rebound name, as host and origin alike", { host: "evil.example:80", origin: "http://evil.example:80" }, 421],
  ["another port", { host: "127.0.0.1:1" }, 421],
  ["the page of another site", { origin: "https://evil.example" }, 403],
  ["the page of another server of this machine", { origin: "http://127.0.0.1:1" }, 403],
  ["a page without an origin of its own", { origin: "null" }, 403]
] as const

layer(served, { excludeTestServices: true, timeout: "60 seconds" })("at the gateway", (suite) => {
  suite.effect.each(places)("a request of %s is refused on every path, with a token too", ([, headers, status]) =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const broker = yield* Broker
      const token = yield* broker.mint({ ...testPolicy, observe: "all" })
      const cookie = yield* logIn("ada")
      for (const path of ["/", "/health/live", "/metrics", "/login", "/session", "/nowhere"]) {
        for (const proof of [{}, { authorization: `Bearer ${token}` }, { cookie }]) {
          const answer = yield* Effect.promise(() => ask(url, path, { headers: { ...headers, ...proof } }))
          assert.strictEqual(answer.status, status, path)
          assert.notInclude(answer.body + JSON.stringify(answer.headers), "evil")
        }
      }
    })
  )

  suite.effect.each(places)("an upgrade of %s is refused, with a token and with a cookie", ([, headers, status]) =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const broker = yield* Broker
      const token = yield* broker.mint(testPolicy)
      const named: Record<string, string> = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name === "host" ? "Host" : "Origin", value])
      )
      const cookie = yield* logIn("ada")
      for (const proof of [
        { "Sec-WebSocket-Protocol": `${speakOrHear}, spawnbroker.token.${token}` },
        { "Sec-WebSocket-Protocol": speakOrHear, Authorization: `Bearer ${token}` },
        { "Sec-WebSocket-Protocol": speakOrHear, Cookie: cookie }
      ]) {
        const answer = yield* Effect.promise(() => knock(url, { ...named, ...proof } as Record<string, string>))
        assert.strictEqual(answer.status, status)
      }
      yield* noSession
    })
  )

  suite.effect("nobody is let in without a token, nor told anything but that", () =>
    Effect.gen(function* () {
      const { url } = yield* Served
      for (const path of ["/", "/session", "/metrics", "/assets/main-0123abcd.js", "/nowhere"]) {
        const answer = yield* Effect.promise(() => ask(url, path))
        assert.deepStrictEqual([answer.status, answer.body], [401, "Present a token, or log in.\n"], path)
      }
      const page = yield* Effect.promise(() => ask(url, "/", { headers: { accept: "text/html" } }))
      assert.deepStrictEqual([page.status, page.headers.location], [303, "/login"])
      const program = yield* Effect.promise(() => knock(url, { "Sec-WebSocket-Protocol": speak }))
      assert.strictEqual(program.status, 401)
      yield* noSession
    })
  )

  suite.effect("a client with a token that is not good is told why, and no session comes of it", () =>
    Effect.gen(function* () {
      const { webSocketUrl } = yield* Served
      const broker = yield* Broker
      const revoked = yield* broker.mint(testPolicy)
      yield* broker.revoke(revoked)
      const told: Array<unknown> = []
      yield* Effect.forkScoped(
        Stream.runForEach(broker.events, (event) =>
          Effect.sync(() => void (event._tag === "ConnectRefused" && told.push(event.tokenId)))
        ),
        { startImmediately: true }
      )
      for (const [token, reason] of [
        ["", "missing"],
        ["sb_none", "unknown"],
        ["no token, at all", "unknown"],
        [revoked, "revoked"]
      ] as const) {
        const refused = yield* Effect.flip(Effect.scoped(Client.connectWebSocket(webSocketUrl, token)))
        assert.deepInclude(refused, { _tag: "InvalidToken", reason })
      }
      const facts = Effect.sync(() => told)
      yield* eventually("each token is told of", facts, (ids) => ids.length === 2 && ids[1] === revoked.slice(3, 19))
      yield* noSession
    })
  )

  suite.effect("a cookie is good for a page of ours alone", () =>
    Effect.gen(function* () {
      const { url, host } = yield* Served
      const Cookie = yield* logIn("ada")
      const words = { "Sec-WebSocket-Protocol": speak, Cookie }
      const upgrade = (headers: Readonly<Record<string, string>>) =>
        Effect.promise(() => knock(url, { ...words, ...headers }))
      assert.strictEqual((yield* upgrade({})).status, 401)
      assert.strictEqual((yield* upgrade({ Origin: "https://app.example.org" })).status, 401)
      const { status, socket } = yield* upgrade({ Origin: `http://${host}` })
      assert.strictEqual(status, 101)
      socket.destroy()
      const away = yield* post(url, "/logout", {}, { origin: "https://app.example.org", cookie: Cookie })
      assert.strictEqual(away.status, 401)
    })
  )

  suite.effect("a form of another site changes nothing: not its type, not without an origin, not as a GET", () =>
    Effect.gen(function* () {
      const { url, loginLink } = yield* Served
      const code = codeOf(yield* loginLink("ada"))
      const form = { "content-type": "application/x-www-form-urlencoded" }
      assert.strictEqual((yield* post(url, "/login", { code }, form)).status, 401)
      const plain = { "content-type": "text/plain" }
      assert.strictEqual((yield* post(url, "/login", { code }, plain)).status, 401)
      const headers = { "content-type": "application/json" }
      const body = JSON.stringify({ code })
      const without = yield* Effect.promise(() => ask(url, "/login", { method: "POST", headers, body }))
      assert.strictEqual(without.status, 403)
      yield* Effect.promise(() => ask(url, `/login?code=${code}`))
      const cookie = yield* logIn("vera")
      const out = yield* Effect.promise(() => ask(url, "/logout", { headers: { cookie } }))
      assert.strictEqual(out.status, 405)
      // None of it has used the code up, nor ended the log-in.
      assert.strictEqual((yield* post(url, "/login", { code })).status, 204)
      assert.strictEqual((yield* Effect.promise(() => ask(url, "/session", { headers: { cookie } }))).status, 200)
    })
  )

  suite.effect("a code logs in once, and who logs out is out", () =>
    Effect.gen(function* () {
      const { url, loginLink } = yield* Served
      const code = codeOf(yield* loginLink("vera"))
      const first = yield* post(url, "/login", { code })
      const [cookie] = first.headers["set-cookie"]!
      assert.match(cookie!, /^spawnbroker-[0-9]+=[\w-]{43}; Max-Age=[0-9]+; Path=\/; HttpOnly; SameSite=Strict$/)
      assert.strictEqual((yield* post(url, "/login", { code })).status, 401)
      const headers = { cookie: cookie!.split(";")[0]! }
      const session = yield* Effect.promise(() => ask(url, "/session", { headers }))
      assert.deepInclude(JSON.parse(session.body), { subject: "user:vera", user: "vera", role: "viewer" })
      assert.strictEqual((yield* post(url, "/logout", {}, headers)).status, 204)
      assert.strictEqual((yield* Effect.promise(() => ask(url, "/session", { headers }))).status, 401)
    })
  )

  suite.effect("who sends wrong codes is told to stay away, and keeps nobody out who has a right one", () =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const answers = []
      for (let tries = 0; tries < 40; tries++) answers.push(yield* post(url, "/login", { code: `wrong ${tries}` }))
      const last = answers.at(-1)!
      assert.strictEqual(last.status, 429)
      assert.isAtLeast(Number(last.headers["retry-after"]), 1)
      yield* logIn("ada")
    })
  )

  suite.effect.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "//secret.txt",
    "/link.txt",
    "/index.html/../../secret.txt",
    "/%00",
    "/assets/",
    "/__proto__"
  ])("%s leads to no file", (path) =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const cookie = yield* logIn("ada")
      const answer = yield* Effect.promise(() => ask(url, path, { headers: { cookie } }))
      assert.strictEqual(answer.status, 404)
      assert.notInclude(answer.body, "secret")
    })
  )

  suite.effect("a request for no path at all is refused", () =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const answer = yield* Effect.promise(() => ask(url, "http://evil.example/"))
      assert.strictEqual(answer.status, 400)
    })
  )

  suite.effect("every answer says what a browser may do with it", () =>
    Effect.gen(function* () {
      const { url, host } = yield* Served
      const cookie = yield* logIn("ada")
      for (const path of ["/", "/login", "/nowhere", "/session"]) {
        const { headers } = yield* Effect.promise(() => ask(url, path, { headers: { cookie } }))
        const csp = headers["content-security-policy"] as string
        assert.include(csp, "default-src 'none'; script-src 'self'")
        assert.include(csp, `ws://${host} `)
        assert.notInclude(csp, "unsafe-eval")
        assert.include(csp, "frame-ancestors 'none'")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.strictEqual(headers["referrer-policy"], "no-referrer")
        assert.strictEqual(headers["access-control-allow-origin"], undefined)
      }
    })
  )

  suite.effect("what only those may ask who see everything is not told to others", () =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const broker = yield* Broker
      const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
      const own = yield* broker.mint(testPolicy)
      assert.strictEqual((yield* Effect.promise(() => ask(url, "/metrics", bearing(own)))).status, 403)
      const all = yield* broker.mint({ subject: "monitor", observe: "all" })
      const metrics = yield* Effect.promise(() => ask(url, "/metrics", bearing(all)))
      assert.deepStrictEqual([metrics.status, metrics.body], [200, "up 1\n"])
    })
  )

  const masked = (opcode: number, bytes: Uint8Array): Uint8Array => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(bytes.byteLength))
    return Buffer.concat([Buffer.from([0x80 | opcode, 0xff]), length, Buffer.alloc(4), bytes])
  }
  const claiming = (size: bigint): Uint8Array => {
    const head = Buffer.alloc(14)
    head.set([0x82, 0xff])
    head.writeBigUInt64BE(size, 2)
    return head
  }

  suite.effect.each([
    ["a message that claims to be larger than any may be", claiming(2n ** 40n)],
    ["a message of a mebibyte and a byte", claiming(1024n * 1024n + 1n)],
    ["text", masked(1, Buffer.from("hello"))],
    ["bytes that are none of our frames", masked(2, Buffer.from("GET / HTTP/1.1\r\n\r\n"))],
    ["a frame that claims to be as long as a frame can", masked(2, Buffer.alloc(9, 0xff))],
    ["a frame without a mask", Buffer.from([0x82, 1, 0])],
    ["a frame of no known kind", Buffer.from([0x8b, 0x80, 0, 0, 0, 0])]
  ] as const)("a connection is cut off that sends %s", ([, bytes]) =>
    Effect.gen(function* () {
      const { url } = yield* Served
      const broker = yield* Broker
      const token = yield* broker.mint(testPolicy)
      const words = { "Sec-WebSocket-Protocol": `${speak}, spawnbroker.token.${token}` }
      const { status, socket } = yield* Effect.promise(() => knock(url, words))
      assert.strictEqual(status, 101)
      socket.write(bytes)
      socket.resume()
      yield* Effect.promise(async () => {
        if (!socket.readableEnded) await once(socket, "end")
      })
      socket.destroy()
      yield* noSession
    })
  )

  suite.effect("a viewer who calls an operator's operations by himself is denied by the broker", () =>
    Effect.gen(function* () {
      const { url, webSocketUrl } = yield* Served
      const broker = yield* Broker
      const admin = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(testPolicy))
      const sleep = yield* admin.spawn("sleep", ["1000"])
      const cookie = yield* logIn("vera")
      const { port } = new URL(url)
      const vera = yield* Client.connect(yield* pagePort(webSocketUrl, `http://127.0.0.1:${port}`, cookie), "")
      assert.strictEqual(vera.subject, "user:vera")
      assert.isTrue((yield* vera.list()).some(({ id }) => id === sleep.id))
      assert.strictEqual((yield* Effect.flip(vera.run("sh", ["-c", "echo no"])))._tag, "PermissionDenied")
      assert.strictEqual((yield* Effect.flip(vera.start("echo no")))._tag, "PermissionDenied")
      assert.strictEqual((yield* Effect.flip(vera.kill({ id: sleep.id })))._tag, "ProcessNotFound")
      const seen = yield* vera.attach(sleep.id)
      assert.isFalse("write" in seen && (yield* Effect.isSuccess(seen.write("no"))))
    })
  )

  suite.effect("who presents another's token in a page that has logged in is still who has logged in", () =>
    Effect.gen(function* () {
      const { url, webSocketUrl } = yield* Served
      const broker = yield* Broker
      const cookie = yield* logIn("vera")
      const port = yield* pagePort(webSocketUrl, new URL(url).origin, cookie)
      const client = yield* Client.connect(port, yield* broker.mint(testPolicy))
      assert.strictEqual(client.subject, "user:vera")
    })
  )

  suite.effect("a log-in that ends takes the connections of its pages with it", () =>
    Effect.gen(function* () {
      const { url, webSocketUrl, stats } = yield* Served
      const cookie = yield* logIn("ada")
      const origin = new URL(url).origin
      const client = yield* Client.connect(yield* pagePort(webSocketUrl, origin, cookie), "")
      yield* client.list()
      assert.strictEqual((yield* post(url, "/logout", {}, { cookie })).status, 204)
      yield* eventually("the connection has gone", stats, ({ webSockets }) => webSockets === 0)
      assert.strictEqual((yield* Effect.flip(client.list()))._tag, "BrokerUnavailable")
    })
  )
})

/** A port as the page of a browser has it: its requests have an origin and cookies, which Node's own WebSocket cannot send. */
const pagePort = (url: string, origin: string, cookie: string) =>
  Effect.promise(async () => {
    const { WebSocket } = await import("ws")
    const { fromWebSocket } = await import("@spawnbroker/client/ports")
    const socket = new WebSocket(url, [speak], { origin, headers: { cookie } })
    await once(socket, "open")
    return fromWebSocket(socket)
  })

it.live("who is slow to say what he wants is hung up on", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const { url } = yield* Gateway.start(broker, { requestTimeout: "200 millis" })
    const { port, host } = new URL(url)
    for (const beginning of [
      "GET / HTTP/1.1\r\n",
      `POST /login HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`
    ]) {
      const socket = connect(Number(port), "127.0.0.1").on("error", () => {})
      socket.resume().write(beginning)
      // A byte now and then does not help.
      const dripping = setInterval(() => socket.write("x"), 50)
      yield* Effect.promise(() => once(socket, "close"))
      clearInterval(dripping)
    }
  }).pipe(Effect.scoped)
)

it.live("there are no more connections than may be, and none is kept waiting for ever", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const { webSocketUrl } = yield* Gateway.start(broker, { maxWebSockets: 1 })
    const token = yield* broker.mint(testPolicy)
    yield* Client.connectWebSocket(webSocketUrl, token)
    const refused = yield* Effect.flip(Client.connectWebSocket(webSocketUrl, token))
    assert.strictEqual(refused._tag, "BrokerUnavailable")
    assert.include(refused.message, "too many connections")
  }).pipe(Effect.scoped)
)

it.live("users and roles that are none are mistakes of the host, before anything is served", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const start = (users: Record<string, any>) => Effect.flip(Gateway.start(broker, { users }))
    assert.include((yield* start({ ada: "owner" })).message, "there are admin, operator, viewer")
    assert.strictEqual((yield* start({ "ada\n": "admin" }))._tag, "InvalidArgument")
    const gateway = yield* Gateway.start(broker, { users: { ada: "viewer" } })
    assert.include((yield* Effect.flip(gateway.loginLink("adda"))).message, "is it ada?")
    const taken = Number(new URL(gateway.url).port)
    assert.include((yield* Effect.flip(Gateway.start(broker, { port: taken }))).message, "EADDRINUSE")
  }).pipe(Effect.scoped)
)
