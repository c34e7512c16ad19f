import { assert, describe, it } from "@effect/vitest"
import { ClientFrame, MAX_BATCH_FRAMES, MAX_FRAME_BYTES } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { decodeBatch, isClientFrame } from "../../../src/worker/session/decode-frame.ts"

const bySchema = (value: unknown): boolean =>
  Schema.decodeUnknownOption(ClientFrame, { onExcessProperty: "error" })(value)._tag === "Some"

const bytes = new Uint8Array(3)

/** Values that stand in the place of a field, or of a frame. */
const strange: ReadonlyArray<unknown> = [
  undefined,
  null,
  true,
  "",
  "1",
  "Input",
  "InputEnd",
  "__proto__",
  0,
  -0,
  1,
  2,
  3,
  -1,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1n,
  [],
  [1],
  {},
  { length: 3 },
  new Map(),
  new Date(),
  bytes,
  new Uint8Array(0),
  new Uint8Array(MAX_FRAME_BYTES),
  new Uint8Array(MAX_FRAME_BYTES + 1),
  new Uint16Array(2),
  new ArrayBuffer(3),
  new Uint8Array(new SharedArrayBuffer(3)),
  new Uint8Array(new ArrayBuffer(3, { maxByteLength: 9 })),
  new DataView(new ArrayBuffer(3)),
  new Uint8Array(new ArrayBuffer(MAX_FRAME_BYTES + 1), 0, 1),
  Buffer.from("abc"),
  new Uint8ClampedArray(3)
]

const frames: ReadonlyArray<Record<string, unknown>> = [
  { _tag: "Credit", channel: 0, fd: 1, bytes: 1 },
  { _tag: "Drain", channel: 1, fd: 2 },
  { _tag: "Input", channel: 0xffff_ffff, fd: 0, bytes },
  { _tag: "InputEnd", channel: 0, fd: 0 }
]
const names = ["_tag", "channel", "fd", "bytes", "offset", "__proto__", "constructor", "toString"]

const withField = (frame: object, name: string, value: unknown): object => {
  const copy = { ...frame }
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true })
  return copy
}

const agrees = (value: unknown): void => {
  assert.strictEqual(isClientFrame(value), bySchema(value), `the decoder says ${isClientFrame(value)}`)
}

describe("the decoder of frames", () => {
  it("takes each frame of a client", () => {
    for (const frame of frames) assert.isTrue(isClientFrame(frame))
  })

  it("agrees with the schema on each frame with any field replaced or added", () => {
    for (const frame of frames) {
      for (const name of names) for (const value of strange) agrees(withField(frame, name, value))
    }
  })

  it("agrees with the schema on each frame without one of its fields", () => {
    for (const frame of frames) {
      for (const name of Object.keys(frame))
        agrees(Object.fromEntries(Object.entries(frame).filter(([key]) => key !== name)))
    }
  })

  it("agrees with the schema on each frame under another tag", () => {
    for (const frame of frames) for (const { _tag } of [...frames, { _tag: "Data" }]) agrees({ ...frame, _tag })
  })

  it("agrees with the schema on what is no frame at all", () => {
    for (const value of strange) agrees(value)
    for (const frame of frames) agrees(Object.assign([], frame))
  })

  it.prop(
    "agrees with the schema on arbitrary frames, as they are and changed in a place",
    [ClientFrame, Schema.Literals(names), Schema.Natural],
    ([frame, name, at]) => {
      agrees(frame)
      assert.isTrue(isClientFrame(structuredClone(frame)))
      agrees(
        structuredClone(
          withField(frame, name, strange.filter((value) => !(value instanceof Buffer))[at % (strange.length - 1)])
        )
      )
    }
  )

  it("takes no frame whose fields are inherited", () => {
    for (const frame of frames) assert.isFalse(isClientFrame(Object.create(frame)))
  })
})

describe("the decoder of batches", () => {
  it("takes a list of frames, and an empty one", () => {
    assert.deepStrictEqual(decodeBatch(frames), frames as never)
    assert.deepStrictEqual(decodeBatch([]), [])
  })

  it("takes all of a batch or nothing", () => {
    for (let at = 0; at <= frames.length; at++)
      assert.isUndefined(decodeBatch(frames.toSpliced(at, 0, { _tag: "Data" })))
  })

  it("takes no list with holes, since whoever walks it finds them", () => {
    for (const length of [1, 2, 4096, 2 ** 32 - 1]) assert.isUndefined(decodeBatch(Object.assign([], { length })))
    assert.isUndefined(decodeBatch(Object.assign([...frames], { length: 6 })))
  })

  it("takes no longer batch than there may be", () => {
    const one = frames[3]!
    assert.isDefined(decodeBatch(Array.from({ length: MAX_BATCH_FRAMES }, () => one)))
    assert.isUndefined(decodeBatch(Array.from({ length: MAX_BATCH_FRAMES + 1 }, () => one)))
  })

  it("takes nothing that is no list", () => {
    for (const value of [
      ...strange.filter((each) => !Array.isArray(each)),
      { 0: frames[0], length: 1 },
      new Set(frames)
    ]) {
      assert.isUndefined(decodeBatch(value))
    }
  })
})
