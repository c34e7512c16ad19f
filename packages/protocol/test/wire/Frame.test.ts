import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { eagerBytes, returnThreshold } from "../../src/wire/credits.ts"
import { BrokerFrame, Channel, ClientFrame, MAX_FRAME_BYTES } from "../../src/wire/Frame.ts"
import { isPort } from "../../src/wire/Port.ts"

const strict = { onExcessProperty: "error" } as const
const isClientFrame = (value: unknown): boolean =>
  Schema.decodeUnknownOption(ClientFrame, strict)(value)._tag === "Some"

describe("frames", () => {
  for (const [name, schema] of [
    ["BrokerFrame", BrokerFrame],
    ["ClientFrame", ClientFrame]
  ] as const) {
    it.prop(`a ${name} is the same after it has crossed a thread`, [schema as Schema.Codec<any, any>], ([frame]) => {
      const codec = schema as Schema.Codec<any, any>
      const back = Schema.decodeUnknownSync(codec, strict)(structuredClone(Schema.encodeSync(codec)(frame)))
      assert.deepStrictEqual(Schema.encodeSync(codec)(back), Schema.encodeSync(codec)(frame))
    })
  }

  it("bytes of one frame are bounded", () => {
    assert.isTrue(isClientFrame({ _tag: "Input", channel: 0, fd: 0, bytes: new Uint8Array(MAX_FRAME_BYTES) }))
    assert.isFalse(isClientFrame({ _tag: "Input", channel: 0, fd: 0, bytes: new Uint8Array(MAX_FRAME_BYTES + 1) }))
  })

  it("a channel has 32 bits", () => {
    const is = Schema.is(Channel)
    for (const channel of [0, 1, 0xffff_ffff]) assert.isTrue(is(channel))
    for (const channel of [-1, 2 ** 32, 0.5, NaN, Infinity, "0", null]) assert.isFalse(is(channel))
  })

  it("a client cannot send what is the broker's to say", () => {
    for (const frame of [
      { _tag: "Data", channel: 0, fd: 1, offset: 0, bytes: new Uint8Array(1) },
      { _tag: "End", channel: 0, fd: 1 },
      { _tag: "InputCredit", channel: 0, fd: 0, bytes: 1 },
      { _tag: "Lifecycle", channel: 0, event: { _tag: "Starting", at: 0 } }
    ]) {
      assert.isFalse(isClientFrame(frame))
    }
  })
})

describe("credits", () => {
  it("what is sent unasked is never more than the window", () => {
    assert.strictEqual(eagerBytes(4096), 4096)
    assert.strictEqual(eagerBytes(1024 * 1024), 64 * 1024)
  })

  it.prop(
    "credit is given back before the window is used up, and in more than single bytes where it can be",
    [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 26 }))],
    ([windowBytes]) => {
      const threshold = returnThreshold(windowBytes)
      assert.isTrue(threshold >= 1 && threshold <= windowBytes)
    }
  )
})

describe("ports", () => {
  it("an end of a message channel is one", () => {
    const { port1, port2 } = new MessageChannel()
    assert.isTrue(isPort(port1))
    port1.close()
    port2.close()
  })

  it("nothing that can be copied from thread to thread is one", () => {
    for (const value of [
      null,
      undefined,
      1,
      "",
      {},
      [],
      new Map(),
      new ArrayBuffer(1),
      { postMessage: 1, addEventListener: 1, close: 1 }
    ]) {
      assert.isFalse(isPort(value))
    }
  })
})
