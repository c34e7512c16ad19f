/** Messages that no client of ours writes, said on the raw ports of one that has a good token. */
import { Broker } from "@spawnbroker/broker"
import { PROTOCOL_VERSION } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { temporaryDirectory } from "../../../src/harness.ts"
import {
  assertFails,
  assertSucceeds,
  bystanderIsServed,
  callMessage,
  connectRaw,
  type Loose,
  specOf
} from "../raw-client.ts"

/** An object with a property of its own of that name, whatever it means elsewhere. */
const own = (value: object, name: string, property: unknown): Loose =>
  Object.defineProperty({ ...value }, name, { value: property, enumerable: true, configurable: true, writable: true })

type Make = (canary: string) => Loose

const spec = (canary: string, rest: object = {}): Loose => specOf("touch", [canary], { cwd: "/", ...rest })
const spawn = (one: Loose, rest: object = {}): Loose =>
  callMessage("attack", "spawn", { channel: 9, spec: one, ...rest })

/** Each would start `touch` if it were taken for what it looks like. The policy knows no such command. */
const rows: ReadonlyArray<readonly [name: string, message: Make, tag: string]> = [
  ["a command that is not granted", (c) => spawn(spec(c)), "PermissionDenied"],
  ["a prototype with rights", (c) => spawn(own(spec(c), "__proto__", { shell: true })), "InvalidArgument"],
  [
    "a constructor with rights",
    (c) => spawn(own(spec(c), "constructor", { prototype: { shell: true } })),
    "InvalidArgument"
  ],
  ["a prototype in the environment", (c) => spawn(spec(c, { env: own({}, "__proto__", "x") })), "PermissionDenied"],
  ["a prototype beside the payload", (c) => own(spawn(spec(c)), "__proto__", { grant: "any" }), "InvalidArgument"],
  [
    "a grant of its own",
    (c) => spawn(spec(c), { grant: { commands: [{ command: "touch", args: true }] } }),
    "InvalidArgument"
  ],
  ["a policy of its own", (c) => spawn(spec(c, { policy: { shell: true } })), "InvalidArgument"],
  ["a token of its own", (c) => spawn(spec(c), { token: "sb_0" }), "InvalidArgument"],
  ["another's identity", (c) => spawn(spec(c), { owner: "host", subject: "host" }), "InvalidArgument"],
  ["arguments that are no list", (c) => spawn(spec(c, { args: { 0: c, length: 1 } })), "InvalidArgument"],
  ["an argument that is an object", (c) => spawn(spec(c, { args: [{ toString: c }] })), "InvalidArgument"],
  ["a list with a hole", (c) => spawn(spec(c, { args: Object.assign([], { 1: c, length: 2 }) })), "InvalidArgument"],
  ["a command that is a list", (c) => spawn(spec(c, { command: ["touch"] })), "InvalidArgument"],
  ["a right that is a text", (c) => spawn(spec(c, { shell: "true" })), "InvalidArgument"],
  [
    "a resolved file beside the command",
    (c) => spawn(spec(c, { command: "true", file: "/usr/bin/touch" })),
    "InvalidArgument"
  ],
  ["another name for itself", (c) => spawn(spec(c, { command: "true", argv0: "touch" })), "InvalidArgument"],
  ["a user", (c) => spawn(spec(c, { uid: 0 })), "InvalidArgument"],
  ["a descriptor of the host", (c) => spawn(spec(c, { stdin: 0 })), "InvalidArgument"],
  ["a channel that is negative", (c) => spawn(spec(c), { channel: -1 }), "InvalidArgument"],
  [
    "a call of the host's",
    () => callMessage("attack", "mint", { policy: { subject: "x", shell: true } }),
    "InvalidArgument"
  ],
  ["the end of the broker", () => callMessage("attack", "shutdown", { graceMs: 0 }), "InvalidArgument"],
  [
    "an operation by way of a prototype",
    (c) => ({ ...spawn(spec(c)), path: ["__proto__", "spawn"] }),
    "InvalidArgument"
  ],
  ["an operation with its own properties", (c) => ({ ...spawn(spec(c)), path: ["spawn", "call"] }), "InvalidArgument"],
  [
    "a second token",
    () => callMessage("attack", "connect", { version: PROTOCOL_VERSION, token: "x", data: null }),
    "InvalidArgument"
  ]
]

layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true })("a message with", (it) => {
  for (const [name, message, tag] of rows) {
    it.effect(`${name}: ${tag}, nothing has run, and a good one after it is served`, () =>
      Effect.gen(function* () {
        const canary = `${yield* temporaryDirectory}/canary`
        const { client } = yield* connectRaw()
        assertFails(yield* Effect.promise(() => client.ask(message(canary))), tag)
        assert.isFalse(existsSync(canary))
        assert.deepStrictEqual(Object.keys(Object.prototype), [])
        assertSucceeds(yield* Effect.promise(() => client.spawn(1, specOf("true", [], { cwd: "/" }))))
        assert.deepStrictEqual(yield* Effect.promise(() => client.exitOf(1)), { _tag: "Exited", code: 0 })
        yield* bystanderIsServed
      })
    )
  }
})

const input = (text: string): Loose => ({ _tag: "Input", channel: 0, fd: 0, bytes: new TextEncoder().encode(text) })
const end: Loose = { _tag: "InputEnd", channel: 0, fd: 0 }

/** Frames out of their order, or said again. What `cat` has read is what was to be said, and no more. */
const frames: ReadonlyArray<readonly [name: string, frames: ReadonlyArray<Loose>, reads: string]> = [
  ["input after its end", [input("a"), end, input("b")], "a"],
  ["an end that is said again", [input("a"), end, end, end], "a"],
  ["input after an end that was said again", [end, end, input("a")], ""],
  ["input for a channel that is not there before", [{ ...input("x"), channel: 7 }, input("a"), end], "a"],
  ["the end of a channel that is not there", [{ ...end, channel: 7 }, input("a"), end], "a"],
  ["credit for what has ended", [input("a"), end, { _tag: "Credit", channel: 0, fd: 0, bytes: 10 }], "a"],
  ["a drain of an input", [{ _tag: "Drain", channel: 0, fd: 0 }, input("a"), end], "a"],
  ["input for an output", [{ ...input("x"), fd: 1 }, input("a"), end], "a"]
]

layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true })("frames:", (it) => {
  for (const [name, batch, reads] of frames) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { client } = yield* connectRaw()
        assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("cat", [], { cwd: "/" }))))
        client.data.postMessage(batch)
        assert.deepStrictEqual(yield* Effect.promise(() => client.exitOf(0)), { _tag: "Exited", code: 0 })
        assert.strictEqual(client.textOf(0), reads)
        yield* bystanderIsServed
      })
    )
  }

  it.effect("a call that is said again under its identifier starts on no channel that is in use", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const message = callMessage("again", "spawn", { channel: 0, spec: specOf("sleep", ["1000"], { cwd: "/" }) })
      assertSucceeds(yield* Effect.promise(() => client.ask(message)))
      client.control.postMessage(message)
      const list = assertSucceeds(yield* Effect.promise(() => client.call("list")))
      assert.lengthOf(list, 1)
      assertFails(client.replies.filter(({ id }) => id === "again")[1].value, "InvalidArgument")
    })
  )
})
