import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Effect from "effect/Effect"

/** Of the page, which is checked with a browser's types. */
const { joinWords, splitWords } = (await import("../src/start/split-words.ts" as string)) as {
  readonly joinWords: (words: ReadonlyArray<string>) => string
  readonly splitWords: (line: string) => ReadonlyArray<string> | undefined
}

describe("a line of words", () => {
  it.each([
    ["git log --oneline", ["git", "log", "--oneline"]],
    ["  a   b\tc ", ["a", "b", "c"]],
    [`echo 'one name' "two $x" th'r'ee`, ["echo", "one name", "two $x", "three"]],
    [String.raw`a\ b "c\"d\e" 'f\g'`, ["a b", String.raw`c"d\e`, String.raw`f\g`]],
    [`x '' ""`, ["x", "", ""]],
    ["$(rm) ; | && `x`", ["$(rm)", ";", "|", "&&", "`x`"]],
    ["it's", undefined],
    [`"open`, undefined],
    ["", []]
  ])("%j", (line, words) => {
    assert.deepStrictEqual(splitWords(line), words)
  })

  it.effect.prop("comes out as it went in", [Schema.Array(Schema.String)], ([words]) =>
    Effect.sync(() => assert.deepStrictEqual(splitWords(joinWords(words)), words))
  )
})
