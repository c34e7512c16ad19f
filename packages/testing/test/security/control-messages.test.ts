import { Broker } from "@spawnbroker/broker"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MessageChannel, type MessagePort } from "node:worker_threads"
import { living } from "../../src/leaks.ts"
import {
  assertFails,
  assertSucceeds,
  bystanderIsServed,
  callMessage,
  connectRaw,
  type Loose,
  type RawClient,
  specOf
} from "./raw-client.ts"

const good = callMessage("x", "list")
const code = "process.exit(7)"

/** Messages that Comlink itself would act on, or that are nearly calls. None is a call of ours. */
const malformed: ReadonlyArray<readonly [name: string, message: Loose]> = [
  ["GET of everything", { type: "GET", path: [] }],
  ["GET of an operation", { type: "GET", path: ["spawn"] }],
  ["GET of a prototype", { type: "GET", path: ["__proto__"] }],
  ["SET of an operation", { type: "SET", path: ["spawn"], value: { type: "RAW", value: 1 } }],
  ["SET of a prototype", { type: "SET", path: ["__proto__", "polluted"], value: { type: "RAW", value: 1 } }],
  [
    "SET deep in a prototype",
    {
      type: "SET",
      path: ["spawn", "constructor", "prototype", "polluted"],
      value: { type: "RAW", value: 1 }
    }
  ],
  ["CONSTRUCT of an operation", { type: "CONSTRUCT", path: ["spawn"], argumentList: [] }],
  [
    "CONSTRUCT of Function",
    {
      type: "CONSTRUCT",
      path: ["spawn", "constructor"],
      argumentList: [{ type: "RAW", value: code }]
    }
  ],
  ["ENDPOINT", { type: "ENDPOINT" }],
  ["RELEASE", { type: "RELEASE" }],
  ["APPLY of Function", { ...good, path: ["spawn", "constructor"], argumentList: [{ type: "RAW", value: code }] }],
  ["APPLY of bind", { ...good, path: ["spawn", "bind"] }],
  ["APPLY of call", { ...good, path: ["spawn", "call"] }],
  ["APPLY of a prototype", { ...good, path: ["__proto__"] }],
  ["APPLY of constructor", { ...good, path: ["constructor"] }],
  ["APPLY of toString", { ...good, path: ["toString"] }],
  ["APPLY of then", { ...good, path: ["then"] }],
  ["APPLY of hasOwnProperty", { ...good, path: ["hasOwnProperty"] }],
  ["APPLY of nothing", { ...good, path: [] }],
  ["APPLY of a number", { ...good, path: [0] }],
  ["APPLY without a path", { type: "APPLY", argumentList: [] }],
  ["a path that is text", { ...good, path: "list" }],
  ["a path that looks like a list", { ...good, path: { 0: "list", length: 1 } }],
  ["an operation in other letters", { ...good, path: ["LIST"] }],
  ["an operation with a space", { ...good, path: ["list "] }],
  ["no arguments", { ...good, argumentList: [] }],
  ["two arguments", { ...good, argumentList: [...good.argumentList, ...good.argumentList] }],
  ["arguments that are no list", { ...good, argumentList: {} }],
  ["a proxy as argument", { ...good, argumentList: [{ type: "HANDLER", name: "proxy", value: null }] }],
  [
    "a throw as argument",
    {
      ...good,
      argumentList: [{ type: "HANDLER", name: "throw", value: { isError: false, value: 1 } }]
    }
  ],
  ["an unknown handler as argument", { ...good, argumentList: [{ type: "HANDLER", name: "constructor", value: 1 }] }],
  ["an argument that is no object", { ...good, argumentList: [null] }],
  ["an argument with a surplus field", { ...good, argumentList: [{ type: "RAW", value: {}, name: "proxy" }] }],
  ["a value with a surplus field", { ...good, argumentList: [{ type: "RAW", value: { payload: {}, more: 1 } }] }],
  ["a message with a surplus field", { ...good, value: { type: "RAW", value: 1 } }],
  ["an unknown type", { ...good, type: "DELETE" }],
  ["a type in other letters", { ...good, type: "apply" }],
  ["no type", { path: ["list"], argumentList: [] }]
]

/** What no reply can be expected for: there is no identifier, or none that is one. */
const unanswerable: ReadonlyArray<readonly [name: string, message: unknown]> = [
  ["null", null],
  ["undefined", undefined],
  ["a number", 1],
  ["NaN", NaN],
  ["a bigint", 2n ** 4000n],
  ["text", "APPLY"],
  ["nothing in an object", {}],
  ["nothing in a list", []],
  ["a sparse list", Object.assign([], { length: 2 ** 32 - 1 })],
  ["bytes", new Uint8Array(1000)],
  ["a shared buffer", new SharedArrayBuffer(1000)],
  ["a date", new Date()],
  ["an expression", /(a+)+$/],
  ["an error", new TypeError("of the client")],
  ["a map", new Map([["id", "x"]])],
  ["a set", new Set(["x"])],
  ["an empty identifier", { ...good, id: "" }],
  ["a long identifier", { ...good, id: "x".repeat(101) }],
  ["an identifier that is a number", { ...good, id: 1 }],
  ["an identifier that is an object", { ...good, id: { toString: "x" } }],
  ["an identifier that is a list", { ...good, id: ["x"] }]
]

const nested = (depth: number): Loose => {
  let value: Loose = {}
  for (let level = 0; level < depth; level++) value = { value }
  return value
}

const cyclic = (): Loose => {
  const value: Loose = { payload: {} }
  value.payload.self = value
  value.payload.list = [value, value, value, value]
  return value
}

/** Every level names the one below ten times: small as it travels, 10^15 nodes if one walks all of it. */
const laughs = (): Loose => {
  let value: Loose = {}
  for (let level = 0; level < 13; level++)
    value = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at, value]))
  return value
}

const large: ReadonlyArray<readonly [name: string, message: () => Loose, tag: string]> = [
  ["a long text", () => callMessage("x", "list", "x".repeat(5_000_000)), "LimitExceeded"],
  [
    "many texts",
    () =>
      callMessage(
        "x",
        "list",
        Array.from({ length: 600_000 }, () => "xxxxxxxx")
      ),
    "LimitExceeded"
  ],
  ["many bytes", () => callMessage("x", "list", { bytes: new Uint8Array(9 * 1024 * 1024) }), "LimitExceeded"],
  ["a long name of a field", () => callMessage("x", "list", { ["x".repeat(5_000_000)]: 1 }), "LimitExceeded"],
  ["deep nesting", () => callMessage("x", "list", nested(500)), "LimitExceeded"],
  ["a circle", () => callMessage("x", "list", cyclic()), "LimitExceeded"],
  ["a tree of shared branches", () => callMessage("x", "list", laughs()), "LimitExceeded"],
  ["a long path", () => ({ ...good, path: ["spawn".repeat(1000)] }), "InvalidArgument"],
  ["a sparse path", () => ({ ...good, path: Object.assign(["list"], { length: 2 ** 32 - 1 }) }), "LimitExceeded"]
]

const isUnpolluted = (): void => {
  for (const prototype of [Object.prototype, Array.prototype, Function.prototype]) {
    assert.notProperty(prototype, "polluted")
  }
}

const isServed = (client: RawClient) =>
  Effect.gen(function* () {
    assertSucceeds(yield* Effect.promise(() => client.call("list")))
    yield* bystanderIsServed
  })

const malformedOf = Effect.flatMap(Broker, (broker) => Effect.map(broker.stats, (stats) => stats.malformedMessages))

layer(Broker.layer(), { excludeTestServices: true })("control messages", (it) => {
  for (const [name, message] of malformed) {
    it.effect(`${name} is refused, and nothing is run`, () =>
      Effect.gen(function* () {
        const { client } = yield* connectRaw()
        const before = yield* malformedOf
        assertFails(yield* Effect.promise(() => client.ask({ ...message, id: "attack" })), "InvalidArgument")
        assert.strictEqual(yield* malformedOf, before + 1)
        assertSucceeds(yield* Effect.promise(() => client.call("list")))
        isUnpolluted()
      })
    )
  }

  it.effect("what has no identifier is counted, and not answered", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const before = yield* malformedOf
      for (const [, message] of unanswerable) client.control.postMessage(message)
      assertSucceeds(yield* Effect.promise(() => client.call("list")))
      assert.strictEqual(client.replies.length, 2)
      assert.strictEqual(yield* malformedOf, before + unanswerable.length)
      yield* bystanderIsServed
    })
  )

  for (const [name, message, tag] of large) {
    it.effect(`${name} is refused`, () =>
      Effect.gen(function* () {
        const { client } = yield* connectRaw()
        assertFails(yield* Effect.promise(() => client.ask({ ...message(), id: "attack" })), tag)
        yield* isServed(client)
      })
    )
  }

  it.effect("a call of an unknown operation names no more of it than a line", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const reply = yield* Effect.promise(() => client.call("\u001b[2J\u009b2J\u007f\r\n".repeat(10)))
      assertFails(reply, "InvalidArgument")
      assert.isBelow(JSON.stringify(reply).length, 400)
    })
  )

  it.effect("a port that comes with a refused message is given up", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const { port1, port2 } = new MessageChannel()
      const payload = { id: `p-${"0".repeat(24)}`, port: port2 }
      assertFails(yield* Effect.promise(() => client.call("get", payload, [port2])), "InvalidArgument")
      port1.close()
      yield* isServed(client)
    })
  )

  it.effect("a session can be given the ends of another without harm", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const { token } = yield* connectRaw()
      const inner = yield* broker.openPort()
      const outer = yield* connectRaw()
      const replies = new Array<Loose>()
      const control: MessagePort = yield* broker.openPort()
      control.on("message", (reply: Loose) => replies.push(reply))
      const answered = new Promise((resolve) => control.on("message", resolve))
      control.postMessage(callMessage("a", "connect", { version: 1, token, data: inner }), [inner])
      yield* Effect.promise(() => answered)
      control.postMessage(callMessage("b", "spawn", { channel: 0, spec: specOf("true", [], { cwd: "/" }) }))
      yield* isServed(outer.client)
      control.close()
    })
  )

  it.effect("a thousand malformed messages end the connection, and its processes", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const { id } = assertSucceeds(
        yield* Effect.promise(() => client.spawn(0, specOf("sleep", ["1000"], { cwd: "/" })))
      )
      for (let message = 0; message < 1000; message++) client.control.postMessage({ type: "GET" })
      yield* Effect.promise(() => client.closed)
      const observer = yield* connectRaw({ observe: "all" })
      const status = Effect.promise(() => observer.client.call("status", { id }))
      const ended = yield* Effect.repeat(status, { until: (reply) => !assertSucceeds(reply).running })
      assert.deepStrictEqual(assertSucceeds(ended).killedBy, "client")
      yield* bystanderIsServed
    })
  )

  it.effect("a malformed payload names its place, and never its value", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const secret = "hunter2"
      const attempts: ReadonlyArray<readonly [payload: unknown, argument: string]> = [
        [{ channel: 0, spec: specOf("true", [`${secret}\0`]) }, "spec.args[0]"],
        [{ channel: 0, spec: specOf("true", [], { env: { A: `${secret}\0` } }) }, "spec.env.A"],
        [{ channel: 0, spec: specOf(`${secret}\0`) }, "spec.command"],
        [{ channel: 0, spec: specOf("true", [], { cwd: `${secret}\0` }) }, "spec.cwd"],
        [{ channel: 0, spec: specOf("true", [], { stdin: secret }) }, "spec.stdin"],
        [{ channel: secret, spec: specOf("true") }, "channel"],
        [{ channel: 0, spec: specOf("true", [], { surplus: secret }) }, "spec.surplus"],
        [{ channel: 0, spec: specOf("true"), surplus: secret }, "surplus"],
        [secret, "spawn"]
      ]
      for (const [payload, argument] of attempts) {
        const reply = yield* Effect.promise(() => client.call("spawn", payload))
        assertFails(reply, "InvalidArgument", { argument })
        assert.notInclude(JSON.stringify(reply), secret)
      }
    })
  )

  it.effect("a NUL is refused wherever it stands, so that nothing is cut short", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ env: { set: ["*"] } })
      for (const spec of [
        specOf("true\0"),
        specOf("true", ["\0"]),
        specOf("true", [], { cwd: "/\0" }),
        specOf("true", [], { env: { "A\0B": "" } }),
        specOf("true", [], { env: { A: "\0" } })
      ]) {
        assertFails(yield* Effect.promise(() => client.spawn(0, spec)), "InvalidArgument")
      }
    })
  )

  it.effect("numbers out of range are refused in every field", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      for (const wrong of [-1, NaN, Infinity, -Infinity, 1e300, "1", null, 1n, {}]) {
        for (const field of ["timeoutMs", "stop", "windowBytes"]) {
          const spec = specOf("true", [], { [field]: wrong, cwd: "/" })
          assertFails(yield* Effect.promise(() => client.spawn(0, spec)), "InvalidArgument", {
            argument: `spec.${field}`
          })
        }
        assertFails(yield* Effect.promise(() => client.spawn(wrong, specOf("true"))), "InvalidArgument")
      }
    })
  )

  it.effect("a channel in use is refused, and its process is left alone", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const spec = specOf("cat", [], { cwd: "/" })
      const [first, second] = yield* Effect.promise(() => Promise.all([client.spawn(0, spec), client.spawn(0, spec)]))
      assertSucceeds(first)
      assertFails(second, "InvalidArgument", { argument: "channel" })
      client.data.postMessage([
        { _tag: "Input", channel: 0, fd: 0, bytes: Buffer.from("still here") },
        { _tag: "InputEnd", channel: 0, fd: 0 }
      ])
      yield* Effect.promise(() => client.exitOf(0))
      assert.strictEqual(client.textOf(0), "still here")
      assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 })))
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("true", [], { cwd: "/" }))))
    })
  )

  it.effect("a channel whose process is over is free with its last frame, once for each process", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      for (let round = 1; round <= 3; round++) {
        assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("true", [], { cwd: "/" }))))
        yield* Effect.promise(() =>
          client.frame(() => client.frames.filter(({ isLast }) => isLast === true).length === round)
        )
        assert.strictEqual(client.frames.at(-1)?.event._tag, "Closed")
      }
      assert.isFalse(assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 }))))
      assertSucceeds(yield* Effect.promise(() => client.call("detach", { channel: 0 })))
    })
  )

  it.effect("a channel is kept for those of its group who outlive their leader, and its release ends them", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const line = "sleep 1000 >/dev/null 2>&1 & echo $!"
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sh", ["-c", line], { cwd: "/" }))))
      yield* Effect.promise(() => client.exitOf(0))
      assert.isUndefined(client.frames.find(({ isLast }) => isLast !== undefined))
      const pid = Number(client.textOf(0))
      assert.isDefined(living(pid))
      assert.isTrue(assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 }))))
      assert.isUndefined(living(pid))
    })
  )

  it.effect("many releases of one channel end one process, and none that comes after it", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const spec = specOf("sleep", ["1000"], { cwd: "/" })
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, spec)))
      const releases = Array.from({ length: 50 }, () => client.call("release", { channel: 0 }))
      yield* Effect.promise(() => Promise.any(releases))
      const next = assertSucceeds(yield* Effect.promise(() => client.spawn(0, spec)))
      yield* Effect.promise(() => Promise.all(releases))
      assert.isTrue(assertSucceeds(yield* Effect.promise(() => client.call("status", { id: next.id }))).running)
      assert.isTrue(assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 }))))
    })
  )

  it.effect("arguments longer than the kernel takes are E2BIG, also in a burst, and others are served", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const bystander = yield* connectRaw({ subject: "bystander" })
      const sleeper = yield* Effect.promise(() => bystander.client.spawn(0, specOf("sleep", ["1000"], { cwd: "/" })))
      // Each character takes six where it is written as JSON.
      const spec = specOf("true", ["\u0001".repeat(4_000_000)], { cwd: "/" })
      const burst = Array.from({ length: 12 }, (_, channel) => client.spawn(channel, spec))
      for (const reply of yield* Effect.promise(() => Promise.all(burst))) {
        assertFails(reply, "SpawnFailed", { errno: "E2BIG" })
      }
      const { id } = assertSucceeds(sleeper)
      assert.isTrue(assertSucceeds(yield* Effect.promise(() => bystander.client.call("status", { id }))).running)
      yield* bystanderIsServed
    })
  )
})
