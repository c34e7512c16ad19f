import { Broker } from "@spawnbroker/broker"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MessageChannel } from "node:worker_threads"
import {
  assertSucceeds,
  bystanderIsServed,
  callMessage,
  connectRaw,
  type Loose,
  openRaw,
  specOf
} from "./raw-client.ts"

/** Set `SEED` to repeat a run that has failed. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31)
const COUNT = 20_000
const PER_CONNECTION = 900

/** Mulberry32: small, fast, and the same for the same seed. */
const makeRandom = (from: number) => {
  let state = from | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  const pick = <A>(list: ReadonlyArray<A>): A => list[below(list.length)]!
  return { next, below, pick }
}

type Random = ReturnType<typeof makeRandom>

const words = [
  "APPLY",
  "GET",
  "SET",
  "CONSTRUCT",
  "ENDPOINT",
  "RELEASE",
  "RAW",
  "HANDLER",
  "proxy",
  "throw",
  "spawn",
  "connect",
  "release",
  "kill",
  "list",
  "get",
  "status",
  "__proto__",
  "constructor",
  "prototype",
  "then",
  "toString",
  "",
  "x",
  "\0",
  "../../bin/sh",
  "sh",
  "true",
  "SIGKILL",
  "Input",
  "InputEnd",
  "Credit",
  "Drain",
  "Data",
  "length",
  "p-0123456789abcdef01234567"
]
const fields = [
  "id",
  "type",
  "path",
  "argumentList",
  "value",
  "name",
  "payload",
  "channel",
  "spec",
  "target",
  "signal",
  "pid",
  "token",
  "version",
  "data",
  "_tag",
  "fd",
  "bytes",
  "command",
  "args",
  "env",
  "cwd",
  "stdin",
  "windowBytes",
  "__proto__"
]
const numbers = [0, -0, 1, 2, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308]

const leaves: ReadonlyArray<(random: Random) => unknown> = [
  (random) => random.pick(words),
  (random) => random.pick(numbers),
  () => undefined,
  () => null,
  (random) => random.next() < 0.5,
  (random) => 2n ** BigInt(random.below(100)),
  (random) => new Uint8Array(random.below(50)),
  (random) => new Float64Array(random.below(5)),
  (random) => new ArrayBuffer(random.below(50)),
  (random) => new SharedArrayBuffer(random.below(50)),
  () => new Date(NaN),
  () => /(a+)+$/u,
  () => new RangeError("random"),
  (random) => new Map([[random.pick(words), 1]]),
  (random) => new Set([random.pick(words)]),
  (random) => Object.assign([], { length: random.pick([0, 1, 5, 4096, 2 ** 32 - 1]) })
]

const anything = (random: Random, depth = 0): unknown => {
  const kind = depth > 4 ? 0 : random.below(5)
  if (kind === 3) return Array.from({ length: random.below(4) }, () => anything(random, depth + 1))
  if (kind === 4) return anyObject(random, depth)
  return random.pick(leaves)(random)
}

const anyObject = (random: Random, depth: number): object => {
  const object: Record<string, unknown> = {}
  for (let count = random.below(5); count > 0; count--) {
    const name = random.pick(fields)
    // As an own property, also where the name is that of the prototype.
    Object.defineProperty(object, name, {
      value: anything(random, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true
    })
  }
  return object
}

/** Replaces one place of a good value by anything. */
const mutate = (random: Random, value: Loose): unknown => {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || random.next() < 0.15)
    return anything(random)
  const key = random.pick([...Object.keys(value), random.pick(fields)])
  const copy = Array.isArray(value) ? [...value] : { ...value }
  Object.defineProperty(copy, key, {
    value: mutate(random, value[key]),
    enumerable: true,
    configurable: true,
    writable: true
  })
  return copy
}

const calls = (id: string): ReadonlyArray<Loose> => [
  callMessage(id, "spawn", { channel: 1, spec: specOf("true", ["a"], { cwd: "/", env: { A: "b" } }) }),
  callMessage(id, "kill", { target: { pid: 1 }, signal: "SIGTERM", forceKillAfterMs: 10, tree: true }),
  callMessage(id, "stop", { target: { pid: 1 }, steps: [{ _tag: "CloseStdin", forMs: 10 }], tree: true }),
  callMessage(id, "release", { channel: 1 }),
  callMessage(id, "get", { id: "p-0123456789abcdef01234567" }),
  callMessage(id, "status", { id: "p-0123456789abcdef01234567" }),
  callMessage(id, "list"),
  callMessage(id, "connect", { version: 1, token: "x", data: null })
]

const batches: ReadonlyArray<ReadonlyArray<Loose>> = [
  [
    { _tag: "Credit", channel: 0, fd: 1, bytes: 10 },
    { _tag: "Drain", channel: 0, fd: 2 }
  ],
  [{ _tag: "Input", channel: 0, fd: 0, bytes: new Uint8Array(10) }],
  [
    { _tag: "InputEnd", channel: 2, fd: 0 },
    { _tag: "Input", channel: 2, fd: 0, bytes: new Uint8Array(0) }
  ]
]

const nextMessage = (random: Random, good: ReadonlyArray<unknown>): unknown =>
  random.next() < 0.4 ? anything(random) : mutate(random, random.pick(good))

const isUnpolluted = (): void => {
  assert.deepStrictEqual(Object.keys(Object.prototype), [])
  assert.deepStrictEqual(Object.keys(Array.prototype), [])
}

layer(Broker.layer(), { excludeTestServices: true })(`random messages (SEED=${seed})`, (it) => {
  it.effect(`${COUNT} on the control ports break nothing`, () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      for (let sent = 0; sent < COUNT; sent += PER_CONNECTION) {
        const { client } = yield* connectRaw()
        for (let one = 0; one < PER_CONNECTION; one++) client.control.postMessage(nextMessage(random, calls(`r${one}`)))
        assertSucceeds(yield* Effect.promise(() => client.call("list")))
        client.close()
        isUnpolluted()
      }
      yield* bystanderIsServed
    })
  )

  it.effect(`${COUNT} on the data ports break nothing`, () =>
    Effect.gen(function* () {
      const random = makeRandom(seed + 1)
      for (let sent = 0; sent < COUNT; sent += PER_CONNECTION) {
        const { client } = yield* connectRaw()
        yield* Effect.promise(() => client.spawn(0, specOf("cat", [], { cwd: "/" })))
        for (let one = 0; one < PER_CONNECTION; one++) client.data.postMessage(nextMessage(random, batches))
        assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 })))
        client.close()
      }
      yield* bystanderIsServed
    })
  )

  it.effect("ports in every place of a message break nothing", () =>
    Effect.gen(function* () {
      const random = makeRandom(seed + 2)
      const client = yield* openRaw
      for (let one = 0; one < PER_CONNECTION; one++) {
        const { port1, port2 } = new MessageChannel()
        const place = random.pick(fields)
        const message = random.pick([{ [place]: port2 }, [port2], callMessage("p", "list", { [place]: port2 })])
        client.control.postMessage(message, [port2])
        port1.close()
      }
      yield* bystanderIsServed
    })
  )
})
