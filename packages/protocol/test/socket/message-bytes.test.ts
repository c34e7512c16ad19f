import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { concatBytes } from "../../src/index.ts"
import { decodeMessage, encodeMessage } from "../../src/socket/message-bytes.ts"

const limits = { bytes: 1024 * 1024, values: 1000 }
const through = (message: unknown): unknown => decodeMessage(concatBytes(encodeMessage(message)), limits)

/** The bytes of a message whose JSON is written by somebody else. */
const written = (json: string, binary: Uint8Array = new Uint8Array()): Uint8Array => {
  const text = new TextEncoder().encode(json)
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, text.byteLength)
  return concatBytes([length, text, binary])
}

describe("a message as bytes", () => {
  it.each([
    ["nothing", undefined],
    ["a field that is undefined", { value: undefined, list: [undefined, null] }],
    [
      "bytes, also none, between other values",
      { a: [new Uint8Array([1, 2]), "x", new Uint8Array()], b: new Uint8Array([3]) }
    ],
    ["what looks like bytes", { $bytes: [0, 1] }],
    ["what looks like a mark within one", { $object: { $undefined: { $bytes: new Uint8Array([7]) } } }],
    ["a mark beside other fields", { $bytes: 1, other: 2 }],
    ["a field with the name of the prototype", JSON.parse('{"env":{"__proto__":{"a":1}}}')],
    ["text that is no ASCII", { text: '\u{1f600}\u0000"\\]}' }]
  ])("%s comes out as it went in", (_what, message) => {
    assert.deepStrictEqual(through(message), message)
  })

  const Plain: Schema.Codec<unknown> = Schema.Union([
    Schema.String,
    Schema.Int.check(Schema.isGreaterThan(0)),
    Schema.Null,
    Schema.Uint8Array,
    Schema.Array(Schema.String),
    Schema.Record(
      Schema.Literals(["$bytes", "$object", "$undefined", "a"]),
      Schema.Union([Schema.String, Schema.Uint8Array])
    )
  ])
  it.effect("whatever is plain comes out as it went in", () =>
    Effect.gen(function* () {
      const arbitrary = Arbitrary.array(Arbitrary.schema(Plain))
      const outcome = yield* Arbitrary.checkEffect(
        arbitrary,
        (values) =>
          Effect.sync(() => {
            assert.deepStrictEqual(through({ values }), { values })
            return true
          }),
        { runs: 300 }
      )
      assert.strictEqual(outcome._tag, "Passed")
    })
  )

  it("bytes come out with a buffer of their own", () => {
    const { bytes } = through({ bytes: new Uint8Array([1, 2, 3]) }) as { readonly bytes: Uint8Array }
    assert.strictEqual(bytes.buffer.byteLength, 3)
  })

  it("a prototype is no way to change one", () => {
    const message = decodeMessage(written('{"__proto__":{"isAdmin":true}}'), limits) as { readonly isAdmin?: boolean }
    assert.isUndefined(message.isAdmin)
    assert.strictEqual(Object.getPrototypeOf(message), Object.prototype)
  })

  it.each([
    ["a function", { f: () => {} }],
    ["an instance of a class", { at: new Date(0) }],
    ["a number that JSON has not", [Number.NaN]],
    ["a BigInt", { n: 1n }]
  ])("%s is refused by its sender", (_what, message) => {
    assert.throws(() => encodeMessage(message), TypeError)
  })

  it.each([
    ["no JSON", written("{")],
    ["a length beyond its end", new Uint8Array([0, 0, 0, 9, 0x31])],
    ["nothing at all", new Uint8Array()],
    ["text that is no UTF-8", concatBytes([new Uint8Array([0, 0, 0, 3, 0x22, 0xff, 0x22])])],
    ["more values than the limit", written(`[${"[],".repeat(1000)}[]]`)],
    ["deeper than the limit", written("[".repeat(40) + "]".repeat(40))],
    ["bytes that are not there", written('{"$bytes":[0,4]}', new Uint8Array(3))],
    ["bytes that are named twice", written('[{"$bytes":[0,2]},{"$bytes":[0,2]}]', new Uint8Array(2))],
    ["bytes that nobody names", written("1", new Uint8Array(1))],
    ["bytes of no size", written('{"$bytes":[0,-1]}')],
    ["bytes of no number", written('{"$bytes":["0","0"]}')],
    ["a wrapped value that is none", written('{"$object":[1]}')]
  ])("%s is refused", (_what, bytes) => {
    assert.throws(() => decodeMessage(bytes, limits))
  })
})
