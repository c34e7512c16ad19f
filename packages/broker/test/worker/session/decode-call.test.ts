import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { MessageChannel } from "node:worker_threads"
import { decodeCall, MAX_MESSAGE_BYTES } from "../../../src/worker/session/decode-call.ts"

const callOf = (rest: object = {}): object => ({
  id: "1",
  type: "APPLY",
  path: ["list"],
  argumentList: [{ type: "RAW", value: { payload: {} } }],
  ...rest
})
const withPayload = (payload: unknown): object => callOf({ argumentList: [{ type: "RAW", value: { payload } }] })

const tagOf = (message: unknown): string => {
  const decoded = decodeCall(message)
  return decoded.call === undefined ? decoded.error._tag : "call"
}

const nested = (depth: number): unknown => {
  let value: unknown = 0
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

const types = ["GET", "SET", "CONSTRUCT", "ENDPOINT", "RELEASE", "", "apply", "APPLY ", null, 0, ["APPLY"]]
const paths = [
  [],
  ["spawn", "constructor"],
  ["spawn", "bind", "call"],
  [""].concat("spawn"),
  [0],
  [null],
  "list",
  { 0: "list", length: 1 },
  ["x".repeat(101)],
  [["list"]],
  undefined
]
const lists = [
  [],
  [null],
  ["x"],
  [{}],
  [{ type: "RAW" }],
  [{ type: "RAW", value: null }],
  [{ type: "RAW", value: [] }],
  [{ type: "RAW", value: { payload: 1, more: 1 } }],
  [{ type: "RAW", value: {}, more: 1 }],
  [{ type: "HANDLER", name: "proxy", value: {} }],
  [{ type: "HANDLER", name: "throw", value: { isError: true } }],
  [
    { type: "RAW", value: {} },
    { type: "RAW", value: {} }
  ],
  {},
  "x",
  undefined
]

describe("the door in front of Comlink", () => {
  it("passes a call of one name with one plain argument, as it was", () => {
    for (const message of [
      callOf(),
      callOf({ argumentList: [{ type: "RAW", value: {} }] }),
      withPayload({ deep: [1, { a: "b" }] })
    ]) {
      assert.deepStrictEqual(decodeCall(message).call, message as never)
      assert.strictEqual(decodeCall(message).id, "1")
    }
  })

  it("passes a port within a payload", () => {
    const { port1, port2 } = new MessageChannel()
    assert.strictEqual(tagOf(withPayload({ data: port1 })), "call")
    port1.close()
    port2.close()
  })

  it("passes no other type of message", () => {
    for (const type of types) assert.strictEqual(tagOf(callOf({ type })), "InvalidArgument", String(type))
  })

  it("passes no path but one name", () => {
    for (const path of paths) assert.strictEqual(tagOf(callOf({ path })), "InvalidArgument", JSON.stringify(path))
  })

  it("passes names of prototypes as names only, for the table of operations to refuse", () => {
    for (const name of ["__proto__", "constructor", "toString", "then"]) {
      assert.deepStrictEqual(decodeCall(callOf({ path: [name] })).call?.path, [name])
    }
  })

  it("passes no argument that Comlink would turn into something else", () => {
    for (const argumentList of lists) {
      assert.strictEqual(tagOf(callOf({ argumentList })), "InvalidArgument", JSON.stringify(argumentList))
    }
  })

  it("passes no surplus field, also where it is named like a prototype", () => {
    assert.strictEqual(tagOf(callOf({ value: { type: "RAW", value: 1 } })), "InvalidArgument")
    assert.strictEqual(
      tagOf(JSON.parse(JSON.stringify(callOf()).replace("{", '{"__proto__":{"path":[]},'))),
      "InvalidArgument"
    )
  })

  it("passes no message without an identifier, and answers none", () => {
    for (const id of [undefined, null, "", 1, {}, ["1"], "x".repeat(101), Symbol.iterator]) {
      const decoded = decodeCall(callOf({ id }))
      assert.isUndefined(decoded.call)
      assert.isUndefined(decoded.id)
    }
  })

  it("keeps the identifier of what it refuses, so that its sender hears of it", () => {
    for (const message of [callOf({ type: "GET" }), withPayload("x".repeat(MAX_MESSAGE_BYTES)), { id: "1" }]) {
      assert.strictEqual(decodeCall(message).id, "1")
    }
  })

  it("passes nothing that is no object", () => {
    for (const message of [
      null,
      undefined,
      0,
      1n,
      "x",
      true,
      [],
      new Map(),
      new Date(),
      /x/,
      new Uint8Array(1),
      new Error("x")
    ]) {
      assert.isUndefined(decodeCall(message).call)
    }
  })

  it("passes no value that no operation takes", () => {
    for (const value of [
      new Map(),
      new Set(),
      new Date(),
      /x/,
      new Error("x"),
      new ArrayBuffer(1),
      new SharedArrayBuffer(1),
      new String("x")
    ]) {
      assert.notStrictEqual(tagOf(withPayload({ value })), "call")
    }
  })

  it("measures a message before it looks at it", () => {
    const half = "x".repeat(MAX_MESSAGE_BYTES / 4)
    assert.strictEqual(tagOf(withPayload([half, half.slice(1000)])), "call")
    for (const payload of [
      [half, half],
      { [half]: half },
      { a: { [half]: 1 }, b: half },
      new Uint8Array(MAX_MESSAGE_BYTES)
    ]) {
      assert.strictEqual(tagOf(withPayload(payload)), "LimitExceeded")
    }
  })

  it("counts values too, since each costs something to look at", () => {
    assert.strictEqual(tagOf(withPayload(Array.from({ length: 65_536 }, () => ""))), "call")
    assert.strictEqual(tagOf(withPayload(Array.from({ length: 1_000_000 }, () => ""))), "LimitExceeded")
    assert.strictEqual(tagOf(withPayload(Object.assign([], { length: 2 ** 32 - 1 }))), "LimitExceeded")
  })

  it("passes no deep message, and is not brought down by the deepest", () => {
    assert.strictEqual(tagOf(withPayload(nested(10))), "call")
    for (const depth of [20, 1000, 100_000]) assert.strictEqual(tagOf(withPayload(nested(depth))), "LimitExceeded")
  })

  it("passes no circle", () => {
    const circle: Record<string, unknown> = {}
    circle["self"] = circle
    const list: Array<unknown> = []
    list.push(list, list)
    for (const payload of [circle, list]) assert.strictEqual(tagOf(withPayload(payload)), "LimitExceeded")
  })

  it("walks no tree of shared branches to its end", () => {
    let value: unknown = 0
    for (let level = 0; level < 13; level++) value = Array.from({ length: 20 }, () => value)
    assert.strictEqual(tagOf(withPayload(value)), "LimitExceeded")
  })

  it.prop("answers on any value, and with a call only for what is one", [Schema.Json], ([value]) => {
    assert.isUndefined(decodeCall(value).call)
    assert.strictEqual(tagOf(withPayload(value)), "call")
  })

  it("does not repeat what it refuses", () => {
    for (const message of [
      callOf({ hunter2: 1, type: "hunter2" }),
      withPayload({ payload: "hunter2".repeat(1_000_000) })
    ]) {
      const { error } = decodeCall(message)
      assert.isBelow(error!.message.length, 1000)
      assert.notInclude(error!.message.replace("Invalid hunter2", ""), "hunter2")
    }
  })
})
