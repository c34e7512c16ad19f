import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Kept, type StreamName } from "../src/process/Kept.ts"

const chunk = (stream: StreamName, bytes: Uint8Array) => ({ stream, bytes: new Uint8Array(bytes) })

const bytesOf = (kept: Kept): ReadonlyArray<number> => kept.chunks.flatMap(({ bytes }) => [...bytes])

const Piece = Schema.Struct({
  isError: Schema.Boolean,
  length: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3000 }))
})

describe("what is kept of an output", () => {
  it.prop(
    "is its last bytes, in order, and what had to go is counted",
    [Schema.Array(Piece), Schema.Int.check(Schema.isBetween({ minimum: 1000, maximum: 20_000 }))],
    ([pieces, most]) => {
      const kept = new Kept(most)
      let next = 0
      for (const { isError, length } of pieces) {
        kept.add(
          chunk(
            isError ? "stderr" : "stdout",
            Uint8Array.from({ length }, () => next++ & 0xff)
          )
        )
      }
      const left = bytesOf(kept)
      assert.deepStrictEqual(
        left,
        left.map((_, index) => (next - left.length + index) & 0xff)
      )
      assert.strictEqual(kept.bytes, left.length)
      assert.strictEqual(kept.dropped, next - left.length)
    }
  )

  it("of a process that puts out little at a time is few blocks", () => {
    const kept = new Kept(16 * 1024 * 1024)
    for (let count = 0; count < 100_000; count++) kept.add(chunk("stdout", Uint8Array.of(count & 0xff)))
    assert.strictEqual(kept.bytes, 100_000)
    assert.isAtMost(kept.chunks.length, 4)
  })

  it("of one chunk that is longer than all that may be kept is its end", () => {
    const kept = new Kept(1000)
    kept.add(chunk("stdout", new Uint8Array(5000).fill(1, 4999)))
    assert.strictEqual(bytesOf(kept).at(-1), 1)
    assert.isAtMost(kept.bytes, 1000)
    assert.strictEqual(kept.bytes + kept.dropped, 5000)
  })

  it("loses no more of one stream than another needs", () => {
    const most = 4 * 1024 * 1024
    const kept = new Kept(most)
    kept.add(chunk("stdout", new Uint8Array(most)))
    const before = kept.bytes
    kept.add(chunk("stderr", Uint8Array.of(1, 2, 3)))
    assert.isAtLeast(kept.bytes, before - 64 * 1024)
    assert.strictEqual(bytesOf(kept).at(-1), 3)
  })
})
