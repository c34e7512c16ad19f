import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MAX_LOG_LINE_BYTES } from "@spawnbroker/protocol"
import { LineSplitter, withoutEnd } from "../../../../src/worker/daemons/logs/LineSplitter.ts"

const split = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const splitter = new LineSplitter((line) => lines.push(Buffer.from(line).toString("latin1")))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let at = 0
  for (const size of sizes) chunks.push(bytes.subarray(at, (at += size)))
  return [...chunks, bytes.subarray(at)]
}

describe("lines", () => {
  it.effect.prop(
    "are the same however the bytes are cut, and together they are the bytes",
    [Schema.Array(Schema.Literals(["a", "\n", "\r\n", "\r", ""])), Schema.Array(Schema.Literals([0, 1, 2, 3]))],
    ([parts, sizes]) =>
      Effect.sync(() => {
        const bytes = Buffer.from(parts.join(""))
        const whole = split([bytes])
        assert.deepStrictEqual(split(cut(bytes, sizes)), whole)
        assert.strictEqual(whole.join(""), bytes.toString())
      })
  )

  it("that are too long come in pieces", () => {
    const text = "x".repeat(MAX_LOG_LINE_BYTES * 2 + 5)
    const lengths = [MAX_LOG_LINE_BYTES, MAX_LOG_LINE_BYTES, 6, 2]
    assert.deepStrictEqual(
      split(cut(Buffer.from(`${text}\ny\n`), [1000, 100_000])).map(({ length }) => length),
      lengths
    )
  })

  it("have an end of one or two bytes, or none", () => {
    const ends = ["a\n", "a\r\n", "a", "a\r"].map((line) => Buffer.from(withoutEnd(Buffer.from(line))).toString())
    assert.deepStrictEqual(ends, ["a", "a", "a", "a\r"])
  })
})
