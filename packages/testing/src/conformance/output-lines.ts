import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { connect, spawnFixture, spawnScript } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

interface LineCase {
  readonly title: string
  readonly text: string | Uint8Array
  readonly lines: ReadonlyArray<string>
}

const bytesOf = (text: string | Uint8Array) => Buffer.from(text)

const cases: ReadonlyArray<LineCase> = [
  { title: "characters of two, three and four bytes", text: "é€😀\nñ\n", lines: ["é€😀", "ñ"] },
  { title: "ends of \\r\\n", text: "one\r\ntwo\r\n", lines: ["one", "two"] },
  { title: "a last line without an end", text: "one\ntwo", lines: ["one", "two"] },
  { title: "empty lines", text: "\n\none\n\n", lines: ["", "", "one", ""] },
  { title: "no bytes at all", text: "", lines: [] },
  { title: "bytes that are no UTF-8", text: new Uint8Array([97, 255, 98, 10, 99]), lines: ["a\uFFFDb", "c"] },
  { title: "a character that is cut off by the end", text: new Uint8Array([97, 0xe2, 0x82]), lines: ["a\uFFFD"] }
]

export const outputLines = (it: SuiteIt): void => {
  it.effect.each(cases)("are the same with $title, in one piece and byte by byte", ({ text, lines }) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const whole = yield* client.spawn("cat")
      yield* whole.write(bytesOf(text))
      yield* whole.closeStdin
      const slow = yield* spawnFixture(client, "write-byte-by-byte.js", [bytesOf(text).toString("hex")])
      assert.deepStrictEqual(yield* Stream.runCollect(whole.stdoutLines), [...lines])
      assert.deepStrictEqual(yield* Stream.runCollect(slow.stdoutLines), [...lines])
    })
  )

  it.effect("of stderr are lines, too", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "printf 'one\\ntwo' >&2")
      assert.deepStrictEqual(yield* Stream.runCollect(process.stderrLines), ["one", "two"])
    })
  )

  it.effect("may be long, and may be many", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      const long = ["é".repeat(8192), "x".repeat(8193), "y".repeat(300_000)]
      yield* Effect.forkChild(Effect.andThen(process.write(`${long.join("\n")}\n`), process.closeStdin))
      assert.deepStrictEqual(yield* Stream.runCollect(process.stdoutLines), long)
      const many = yield* client.spawn("seq", ["100000"])
      const count = yield* Stream.runFold(
        many.stdoutLines,
        () => 0,
        (last, line) => (Number(line) === last + 1 ? last + 1 : last)
      )
      assert.strictEqual(count, 100_000)
    })
  )
}
