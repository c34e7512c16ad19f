import { assert, describe, it } from "@effect/vitest"
import type { ArgumentPattern, Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { RE2JS } from "re2js"
import { expressionSize } from "../../../src/worker/access/expression-size.ts"
import { Effort, Expressions, MAX_DERIVED_COST } from "../../../src/worker/access/Expressions.ts"
import { compileGrammar, matchesGrammar } from "../../../src/worker/access/match-arguments.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"

/** Pieces from which expressions are put together, each of which an estimate could get wrong. */
const pieces = [
  ...Array.from("ab.^$|()*+?{}[]\\-,"),
  "(?:",
  "(?i)",
  "(?P<n>",
  "[^ab]",
  "[]a]",
  "[^]a]",
  "[[:alpha:]]",
  "[[a]",
  "[\\]]",
  "[{9}]",
  "\\{",
  "\\p{Greek}",
  "\\pL",
  "\\x{1F600}",
  "\\Q{9}(\\E",
  "\\Q[",
  "\\E",
  "{2}",
  "{3,}",
  "{0,5}",
  "{9",
  "\u{1f600}",
  "\\d",
  "\\b",
  "é"
]

/** Mulberry32, with a seed that is always the same: what has been found wrong once stays found. */
const makeRandom = (state: number) => (): number => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const programSize = (source: string): number | undefined => {
  try {
    return RE2JS.compile(source).programSize()
  } catch {
    return undefined
  }
}

/** Small as they are written, and so large as programs that a machine would be busy with them for seconds to hours. */
const bombs: ReadonlyArray<readonly [what: string, source: string]> = [
  ["a repetition of a long word", `(?:${"ab".repeat(490)}){1000}`],
  ["a repetition of repetitions", "(a{1000}){1000}"],
  ["three of them", "((a{100}){100}){100}"],
  ["ten of two and more", "((((((((((a{2,}){2,}){2,}){2,}){2,}){2,}){2,}){2,}){2,}){2,}){9}"],
  ["a repetition of what may be missing", "(?:(?:a?b?c?d?e?){100}){10}"],
  ["many in a row", ".{0,999}".repeat(100)],
  ["a repetition of letters", `(?:${"\\pL".repeat(200)}){900}`],
  ["one behind a class with a bracket", `[]a](?:${"ab".repeat(400)}){1000}`],
  ["one behind a quotation", `\\Q[\\E(?:${"ab".repeat(400)}){1000}`],
  ["one behind a class of POSIX", `[[:alpha:]](?:${"ab".repeat(400)}){1000}`]
]

const policyOf = (patterns: ReadonlyArray<ArgumentPattern>): Policy => ({
  subject: "x",
  commands: [{ command: "echo" }, { command: "cat", args: [["a"], patterns] }]
})

const host = { env: {}, cwd: "/", secrets: {} }

describe("the size of an expression", () => {
  it("is never taken for less than it is", () => {
    const random = makeRandom(1)
    let compiled = 0
    for (let round = 0; round < 60_000; round++) {
      const length = 1 + Math.floor(random() * 9)
      const source = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("")
      const estimate = expressionSize(source).instructions
      if (estimate > 2000) continue
      const size = programSize(source)
      if (size === undefined) continue
      compiled++
      // The match, and the captures of the whole.
      assert.isAtMost(size, estimate + 6, source)
    }
    assert.isAbove(compiled, 10_000)
  })

  it("is near to what it is, for those that people write", () => {
    for (const source of [
      "[0-9a-f]{7,40}",
      "(\\d{1,3}\\.){3}\\d{1,3}",
      "[\\w./-]+\\.tsx?",
      "(?:feature|fix)/[a-z0-9-]{1,60}"
    ]) {
      assert.isBelow(expressionSize(source).instructions, 2.5 * programSize(source)!, source)
    }
  })
})

describe("expressions", () => {
  for (const [what, source] of bombs) {
    it(`${what} is refused before it is compiled`, () => {
      assert.isAbove(expressionSize(source).instructions, 4000)
      const problem = "an expression that is too large"
      assert.throws(() => new Expressions().compile(source), problem)
      for (const patterns of [
        ["b", { match: source }],
        ["b", { rest: { match: source } }]
      ] as const) {
        const parsed = parsePolicy(policyOf(patterns), host)
        assert.isTrue(Result.isFailure(parsed))
        if (!Result.isFailure(parsed)) return
        assert.strictEqual(parsed.failure.argument, "commands[1].args[1][1]")
        assert.include(parsed.failure.message, problem)
      }
    })
  }

  it("of one policy are too large together long before they are many, and the one too many is named", () => {
    const many = Array.from({ length: 1200 }, (_, at) => ({ match: `a${at}` }))
    const parsed = parsePolicy(policyOf(many), host)
    assert.isTrue(Result.isFailure(parsed))
    if (Result.isFailure(parsed)) assert.match(parsed.failure.argument, /^commands\[1\]\.args\[1\]\[9\d\d\]$/)
    assert.isTrue(Result.isSuccess(parsePolicy(policyOf(many.slice(0, 500)), host)))
  })

  it("of a derived policy may be a tenth of that", () => {
    const parent = Result.getOrThrow(parsePolicy(policyOf([]), host))
    const many = Array.from({ length: 200 }, (_, at) => ({ match: `a${at}` }))
    assert.isTrue(Result.isSuccess(parsePolicy(policyOf(many), host)))
    assert.isTrue(Result.isFailure(parsePolicy(policyOf(many), host, parent)))
  })

  it("with classes of Unicode cost as much as they take to compile", () => {
    const expressions = new Expressions(MAX_DERIVED_COST)
    assert.throws(() => expressions.compile("\\pL".repeat(300)), "too large")
  })
})

/** Counts what is spent. */
class Counted extends Effort {
  steps = 0
  override spend(steps: number): boolean {
    this.steps += steps
    return super.spend(steps)
  }
}

describe("the effort of a decision", () => {
  const worst = compileGrammar([{ rest: { match: "(.*a){100}b" } }], new Expressions())
  const argument = "a".repeat(4000)

  it("ends, however many arguments there are, and nothing fits then", () => {
    const effort = new Counted()
    const fitting = `${argument}b`
    assert.isTrue(matchesGrammar(worst, [fitting]))
    assert.isFalse(
      matchesGrammar(
        worst,
        Array.from({ length: 60_000 }, () => fitting),
        effort
      )
    )
    assert.isTrue(effort.isSpent)
    // Once, by the argument for which there was not enough left: it was not looked at.
    assert.isBelow(effort.steps, 2 * 4_000_000)
  })

  it("is shared by all alternatives", () => {
    const effort = new Counted()
    for (let alternative = 0; alternative < 1000; alternative++) matchesGrammar(worst, [argument], effort)
    assert.isTrue(effort.isSpent)
    const cheap = compileGrammar(["b"], new Expressions())
    assert.isTrue(matchesGrammar(cheap, ["b"]))
    assert.isFalse(matchesGrammar(cheap, ["b"], effort))
  })

  it("is spent by alternatives without an expression, too", () => {
    const effort = new Counted()
    const grammar = compileGrammar([{ rest: true }], new Expressions())
    const args = [...Array.from({ length: 65_000 }, () => "a"), "-x"]
    let tried = 0
    while (!effort.isSpent) {
      matchesGrammar(grammar, args, effort)
      tried++
    }
    assert.isBelow(tried, 100)
  })

  it("is enough for a long list of files", () => {
    const grammar = compileGrammar([{ rest: { match: "[\\w./-]+\\.tsx?" } }], new Expressions())
    const files = Array.from({ length: 4000 }, (_, at) => `packages/some-package/src/folder/file-${at}.ts`)
    assert.isTrue(matchesGrammar(grammar, files))
  })
})
