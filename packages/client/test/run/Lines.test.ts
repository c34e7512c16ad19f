import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Line, Lines } from "../../src/run/Lines.ts"

const encoder = new TextEncoder()

/** The lines of a text that comes in pieces of these sizes. */
const linesOf = (text: string, sizes: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const seen: Array<Line> = []
    const lines = new Lines((line) => Effect.sync(() => seen.push(line)), "replace")
    const bytes = encoder.encode(text)
    let at = 0
    for (const size of [...sizes, bytes.byteLength]) {
      yield* lines.add({ from: "stdout", bytes: bytes.subarray(at, (at += size)) })
    }
    yield* lines.end
    return seen.map((line) => line.text)
  })

const Texts = Schema.Array(Schema.Literals(["a", "é", "€", "𝄞", "\n", "\r\n", "\r", "\uFEFF", " "])).check(
  Schema.isMaxLength(40)
)
const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(Schema.isMaxLength(60))

describe("lines", () => {
  it.effect.prop("are the same however the bytes are cut", [Texts, Sizes], ([pieces, sizes]) =>
    Effect.gen(function* () {
      const text = pieces.join("")
      const whole = text.split("\n").map((line) => line.replace(/\r$/, ""))
      // The last line needs no end, and an end needs no further line.
      if (text.endsWith("\n") || text === "") whole.pop()
      assert.deepStrictEqual(yield* linesOf(text, sizes), whole)
    })
  )

  it.effect("of two streams do not mix, and come as their ends do", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const lines = new Lines(({ text, from }) => Effect.sync(() => seen.push(`${from} ${text}`)), "replace")
      const add = (from: Line["from"], text: string) => lines.add({ from, bytes: encoder.encode(text) })
      yield* add("stdout", "on")
      yield* add("stderr", "two\nunfinished")
      yield* add("stdout", "e\nalso")
      yield* lines.end
      assert.deepStrictEqual(seen, ["stderr two", "stdout one", "stdout also", "stderr unfinished"])
    })
  )

  it.effect("longer than 16 MiB are refused", () =>
    Effect.gen(function* () {
      const lines = new Lines(() => Effect.void, "replace")
      const bytes = new Uint8Array(1024 * 1024).fill(97)
      for (let count = 0; count < 16; count++) yield* lines.add({ from: "stdout", bytes })
      const refused = yield* Effect.flip(lines.add({ from: "stdout", bytes }))
      assert.deepInclude(refused, { _tag: "LimitExceeded", limit: "lineBytes" })
    })
  )

  it.effect("that are not UTF-8 are replaced, or refused, as is asked for", () =>
    Effect.gen(function* () {
      const bytes = Uint8Array.of(97, 255, 10)
      const seen: Array<string> = []
      const replacing = new Lines(({ text }) => Effect.sync(() => seen.push(text)), "replace")
      yield* replacing.add({ from: "stderr", bytes })
      assert.deepStrictEqual(seen, ["a\uFFFD"])
      const refused = yield* Effect.flip(new Lines(() => Effect.void, "fail").add({ from: "stderr", bytes }))
      assert.deepInclude(refused, { _tag: "Io", errno: "EILSEQ", stream: "stderr" })
    })
  )
})
