import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { inspect } from "node:util"
import { living } from "../../src/leaks.ts"
import {
  assertFails,
  assertSucceeds,
  attackerPolicy,
  bystanderIsServed,
  connectRaw,
  type Loose,
  openRaw,
  specOf
} from "./raw-client.ts"

const operations: ReadonlyArray<readonly [name: string, payload: unknown]> = [
  ["spawn", { channel: 0, spec: specOf("true") }],
  ["release", { channel: 0 }],
  ["kill", { target: { pid: 1 } }],
  ["list", undefined],
  ["get", { id: `p-${"0".repeat(24)}` }],
  ["status", { id: `p-${"0".repeat(24)}` }]
]

const cutAt = (token: string, length: number): string => token.slice(0, length)
const swapCase = (token: string): string =>
  token.replace(/[a-z]/gi, (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()))

/** Ways to write something that is nearly the token. */
const forgeries: ReadonlyArray<readonly [name: string, forge: (token: string, other: string) => string]> = [
  ["empty", () => ""],
  ["without its last character", (token) => cutAt(token, token.length - 1)],
  ["cut in half", (token) => cutAt(token, token.length >> 1)],
  ["with one character more", (token) => `${token}A`],
  ["with a line end", (token) => `${token}\n`],
  ["with a space before", (token) => ` ${token}`],
  ["with a NUL", (token) => `${token}\0`],
  ["in the other case", swapCase],
  ["with the identifier of another", (token, other) => `${other.slice(0, 20)}${token.slice(20)}`],
  ["of the right form but never minted", () => `sb_${"0".repeat(16)}_${"A".repeat(43)}`],
  ["named like a property", () => "__proto__"]
]

layer(Broker.layer(), { excludeTestServices: true })("tokens", (it) => {
  it.effect("the host is told who presents a token, for as long as it is good", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint({ ...attackerPolicy, observe: "all" })
      assert.deepStrictEqual(yield* broker.identify(token), { subject: attackerPolicy.subject, observe: "all" })
      for (const [, forge] of forgeries) {
        const { _tag } = yield* Effect.flip(broker.identify(forge(token, yield* broker.mint(attackerPolicy))))
        assert.strictEqual(_tag, "InvalidToken")
      }
      yield* broker.revoke(token)
      assert.strictEqual((yield* Effect.flip(broker.identify(token)))._tag, "InvalidToken")
    })
  )

  for (const [name, forge] of forgeries) {
    it.effect(`a token ${name} is unknown`, () =>
      Effect.gen(function* () {
        const broker = yield* Broker
        const [token, other] = [yield* broker.mint(attackerPolicy), yield* broker.mint(attackerPolicy)]
        const client = yield* openRaw
        assertFails(yield* Effect.promise(() => client.connect(forge(token, other))), "InvalidToken", {
          reason: "unknown"
        })
        assertFails(yield* Effect.promise(() => client.call("list")), "InvalidToken", { reason: "missing" })
        yield* bystanderIsServed
      })
    )
  }

  it.effect("an absurdly long token is refused, and not repeated in the answer", () =>
    Effect.gen(function* () {
      for (const length of [600, 100_000, 5_000_000]) {
        const client = yield* openRaw
        const reply = yield* Effect.promise(() => client.connect("SECRET".repeat(length / 6)))
        assert.strictEqual(reply._tag, "Failure")
        assert.isBelow(JSON.stringify(reply).length, 1000)
        assert.notInclude(JSON.stringify(reply), "SECRET")
      }
      yield* bystanderIsServed
    })
  )

  it.effect("a token that is no text is refused, and not repeated in the answer", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      for (const value of [
        null,
        undefined,
        1,
        [token],
        { token },
        new Uint8Array([1]),
        new Date(),
        new String(token)
      ]) {
        const client = yield* openRaw
        const reply = yield* Effect.promise(() => client.connect(value))
        assert.strictEqual(reply._tag, "Failure")
        assert.notInclude(JSON.stringify(reply), token.slice(20))
      }
    })
  )

  it.effect("nothing but connect is answered before a token", () =>
    Effect.gen(function* () {
      const client = yield* openRaw
      for (const [name, payload] of operations) {
        assertFails(yield* Effect.promise(() => client.call(name, payload)), "InvalidToken", { reason: "missing" })
      }
    })
  )

  it.effect("frames that come before a token reach nobody", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      const client = yield* openRaw
      client.data.postMessage([{ _tag: "Input", channel: 0, fd: 0, bytes: new Uint8Array(10) }])
      assertSucceeds(yield* Effect.promise(() => client.connect(token)))
      yield* bystanderIsServed
    })
  )

  it.effect("the fifth wrong token closes the connection", () =>
    Effect.gen(function* () {
      const client = yield* openRaw
      for (let attempt = 0; attempt < 5; attempt++) {
        assertFails(yield* Effect.promise(() => client.connectWith(`sb_${attempt}`)), "InvalidToken")
      }
      yield* Effect.promise(() => client.closed)
      yield* bystanderIsServed
    })
  )

  it.effect("a few wrong tokens do not keep the right one out", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      const client = yield* openRaw
      for (let attempt = 0; attempt < 4; attempt++) yield* Effect.promise(() => client.connectWith("wrong"))
      assertSucceeds(yield* Effect.promise(() => client.connect(token)))
    })
  )

  it.effect("a connection presents one token only, so it cannot become another's", () =>
    Effect.gen(function* () {
      const { client, token } = yield* connectRaw()
      assertFails(yield* Effect.promise(() => client.connectWith(token)), "InvalidArgument")
      assertSucceeds(yield* Effect.promise(() => client.call("list")))
    })
  )

  it.effect("a client of another version is refused before its token is looked at", () =>
    Effect.gen(function* () {
      const client = yield* openRaw
      for (const version of [0, 2, -1, 2 ** 31]) {
        assertFails(yield* Effect.promise(() => client.connectWith("any", version)), "Unsupported")
      }
    })
  )

  it.effect("data ports that are not taken are closed", () =>
    Effect.gen(function* () {
      const { client, token } = yield* connectRaw()
      const refused = yield* openRaw
      for (const [who, version] of [
        [client, 1],
        [refused, 99]
      ] as const) {
        const { port1, port2 } = new MessageChannel()
        const closed = new Promise((resolve) => port1.addEventListener("close", resolve))
        port1.start()
        const payload = { version, token, data: port2 }
        const reply = yield* Effect.promise(() => who.call("connect", payload, [port2 as Loose]))
        assert.strictEqual(reply._tag, "Failure")
        yield* Effect.promise(() => closed)
      }
    })
  )

  it.effect("a data port that is no port is refused", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      const client = yield* openRaw
      for (const data of [null, undefined, {}, "port", new ArrayBuffer(1), [], { postMessage: 1, close: 1 }]) {
        const reply = yield* Effect.promise(() => client.call("connect", { version: 1, token, data }))
        assert.strictEqual(reply._tag, "Failure")
        assert.notInclude(JSON.stringify(reply), token.slice(20))
      }
      assertSucceeds(yield* Effect.promise(() => client.connect(token)))
    })
  )

  it.effect("a revoked token is told so, and only to its holder", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      yield* broker.revoke(token)
      const holder = yield* openRaw
      assertFails(yield* Effect.promise(() => holder.connect(token)), "InvalidToken", { reason: "revoked" })
      const guesser = yield* openRaw
      const guess = `${token.slice(0, 20)}${"A".repeat(43)}`
      assertFails(yield* Effect.promise(() => guesser.connect(guess)), "InvalidToken", { reason: "unknown" })
    })
  )

  it.effect("every call of a session whose token was revoked says so", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { client, token } = yield* connectRaw()
      yield* broker.revoke(token)
      for (const [name, payload] of operations) {
        assertFails(yield* Effect.promise(() => client.call(name, payload)), "InvalidToken", { reason: "revoked" })
      }
      yield* bystanderIsServed
    })
  )

  it.effect("streams, exit and writes of a revoked client fail with its reason", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      const client = yield* Client.connect(yield* broker.openPort(), token)
      const process = yield* client.spawn("cat", [], { cwd: "/" })
      const output = yield* Effect.forkChild(Effect.flip(Stream.runDrain(process.stdout)), { startImmediately: true })
      const exit = yield* Effect.forkChild(Effect.flip(process.exit), { startImmediately: true })
      yield* broker.revoke(token, { kill: true })
      for (const error of [
        yield* Fiber.join(output),
        yield* Fiber.join(exit),
        yield* Effect.flip(process.write("late")),
        yield* Effect.flip(process.status)
      ]) {
        assert.strictEqual(error._tag, "InvalidToken")
        assert.include(error.message, "revoked")
      }
    })
  )

  it.effect("a revocation that kills has ended the processes when it is done", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { client, token } = yield* connectRaw()
      const script = "trap '' TERM; sleep 1000 & wait; wait"
      const started = yield* Effect.promise(() =>
        Promise.all([
          client.spawn(0, specOf("sleep", ["1000"])),
          client.spawn(1, specOf("sh", ["-c", script], { stop: [{ _tag: "Signal", signal: "SIGTERM", forMs: 50 }] }))
        ])
      )
      const pids = started.map((reply) => assertSucceeds(reply).pid as number)
      yield* broker.revoke(token, { kill: true })
      assert.deepStrictEqual(pids.map(living), [undefined, undefined])
      yield* bystanderIsServed
    })
  )

  it.effect("a revocation that kills does not wait for as long as the client has asked for", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { client, token } = yield* connectRaw()
      const stop = [{ _tag: "Signal", signal: "SIGCONT", forMs: 2 ** 31 - 10 }]
      const { pid } = assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"], { stop }))))
      yield* broker.revoke(token, { kill: true })
      assert.isUndefined(living(pid as number))
    })
  )

  it.effect("a revocation that does not kill leaves the processes running", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { client, token } = yield* connectRaw()
      const { pid } = assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"]))))
      yield* broker.revoke(token)
      assert.isDefined(living(pid))
      const observer = yield* connectRaw({ subject: "keeper", kill: "all" })
      assertSucceeds(yield* Effect.promise(() => observer.client.call("kill", { target: { pid }, signal: "SIGKILL" })))
    })
  )

  it.effect("a token that was revoked can be revoked again, to end what still runs of it", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { client, token } = yield* connectRaw()
      const { pid } = assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"]))))
      yield* broker.revoke(token)
      assert.isDefined(living(pid))
      yield* broker.revoke(token, { kill: true })
      assert.isUndefined(living(pid))
    })
  )

  it.effect("a token appears in no error, no list and no statistics", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { client, token } = yield* connectRaw()
      yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"])))
      const replies = yield* Effect.promise(() =>
        Promise.all([
          client.call("list"),
          client.connectWith(token),
          client.connectWith(`${token}x`),
          client.call("connect", { version: 1, token, surplus: token }),
          client.call(token),
          client.call("get", { id: token }),
          client.ask({ type: token })
        ])
      )
      const secret = token.slice(20)
      yield* broker.revoke(token, { kill: true })
      const refused = yield* Effect.flip(broker.revoke(`${token}x`))
      const told = [replies.slice(0, 4), client.frames, yield* broker.stats, refused, refused.message, broker]
      for (const each of told) {
        assert.notInclude(JSON.stringify(each), secret)
        assert.notInclude(inspect(each, { depth: 10, showHidden: true }), secret)
      }
    })
  )
})
