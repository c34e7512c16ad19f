import { assert, describe, it } from "@effect/vitest"
import type { ArgumentPattern } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { Expressions } from "../../../src/worker/access/Expressions.ts"
import { compileGrammar, GrammarError, matchesGrammar } from "../../../src/worker/access/match-arguments.ts"

const fits = (patterns: ReadonlyArray<ArgumentPattern>, ...args: ReadonlyArray<string>): boolean =>
  matchesGrammar(compileGrammar(patterns, new Expressions()), args)

type Row = readonly [
  what: string,
  patterns: ReadonlyArray<ArgumentPattern>,
  yes: ReadonlyArray<ReadonlyArray<string>>,
  no: ReadonlyArray<ReadonlyArray<string>>
]

const lookalikes = ["\u2212x", "\u2010x", "\u2013x", "\ufe63x", "\uff0dx"]

const rows: ReadonlyArray<Row> = [
  ["no patterns take no arguments", [], [[]], [[""], ["a"], ["--"]]],
  [
    "a literal is compared whole",
    ["status"],
    [["status"]],
    [[], ["statu"], ["status "], [" status"], ["STATUS"], ["status", ""], ["status", "x"], ["status\n"], ["stat\0us"]]
  ],
  [
    "a literal may be an option",
    ["log", "--oneline"],
    [["log", "--oneline"]],
    [["log", "--oneline=1"], ["log", "--onelin"], ["--oneline", "log"], ["log"]]
  ],
  ["an empty literal is an empty argument", [""], [[""]], [[], [" "]]],
  [
    "a literal is no expression",
    ["a.c", "[ab]"],
    [["a.c", "[ab]"]],
    [
      ["abc", "[ab]"],
      ["a.c", "a"]
    ]
  ],
  [
    "an expression matches the whole argument",
    [{ match: "[0-9a-f]{7,40}" }],
    [["abcdef0"]],
    [
      ["abcdef"],
      ["abcdef0 "],
      [" abcdef0"],
      ["abcdef0\n"],
      ["\nabcdef0"],
      ["abcdef0\nrm"],
      ["xabcdef0"],
      ["ABCDEF0"],
      [""]
    ]
  ],
  [
    "alternatives are anchored as a group",
    [{ match: "a|b" }],
    [["a"], ["b"]],
    [["ab"], ["ax"], ["xb"], ["a\nb"], [""]]
  ],
  [
    "alternatives of different lengths are anchored",
    [{ match: "main|master|release/.*" }],
    [["main"], ["release/1"]],
    [["mainx"], ["xmaster"], ["main\n"], ["release"]]
  ],
  ["the dot is not a line end", [{ match: "a.*b" }], [["ab"], ["axb"]], [["a\nb"], ["ab\n"]]],
  ["letters have a case", [{ match: "abc" }], [["abc"]], [["ABC"], ["abC"]]],
  ["letters that fold to ASCII do not match", [{ match: "[a-z]+" }], [["k"]], [["\u212a"], ["\u017f"], ["K"]]],
  [
    "an expression matches no option",
    [{ match: ".*" }],
    [["x"], ["x-y"], ["+x"], ["@x"], ...lookalikes.map((each) => [each])],
    [["-x"], ["--x"], ["-"], ["--"]]
  ],
  [
    "an expression matches an option where it says so",
    [{ match: ".*", options: true }],
    [["-x"], ["--x=y"], ["x"]],
    [["a\nb"]]
  ],
  ["`options: false` is the same as nothing", [{ match: ".*", options: false }], [["x"]], [["-x"]]],
  ["an expression cannot ask for options by itself", [{ match: "-x|--exec=.*|y" }], [["y"]], [["-x"], ["--exec=y"]]],
  [
    "rest takes any number, and no options",
    ["log", { rest: true }],
    [["log"], ["log", "a", "b", ""]],
    [[], ["log", "-p"], ["log", "a", "--output=x"], ["log", "-"], ["log", "--"], ["x"]]
  ],
  ["rest takes options where it says so", [{ rest: true, options: true }], [[], ["-a", "--b", "c"]], []],
  [
    "rest takes the words of its list, also those that are options",
    [{ rest: { anyOf: ["--short", "-b", "x"] } }],
    [[], ["--short"], ["x", "--short", "--short"]],
    [["--shor"], ["--short=1"], ["--SHORT"], ["-bx"], ["constructor"], ["x", ""]]
  ],
  [
    "an empty list takes nothing",
    ["a", { rest: { anyOf: [] } }],
    [["a"]],
    [
      ["a", ""],
      ["a", "x"]
    ]
  ],
  [
    "rest takes what matches, whole",
    [{ rest: { match: "a|b" } }],
    [[], ["a", "b", "a"]],
    [["ab"], ["a", "-a"], ["a\n"]]
  ],
  [
    "rest that matches takes options where its expression says so",
    [{ rest: { match: "-[ab]", options: true } }],
    [["-a", "-b"]],
    [["-c"], ["-ab"]]
  ],
  [
    "rest that matches takes options where the rest says so",
    [{ rest: { match: "-[ab]" }, options: true }],
    [["-a"]],
    [["-c"]]
  ],
  [
    "what is before rest cannot be left out",
    ["a", { match: "b" }, { rest: true }],
    [
      ["a", "b"],
      ["a", "b", "c"]
    ],
    [[], ["a"], ["a", "c"], ["b", "a"]]
  ]
]

const broken: ReadonlyArray<readonly [what: string, patterns: ReadonlyArray<ArgumentPattern>, at: number]> = [
  ["an open group", ["a", { match: "(" }], 1],
  ["a look-ahead, which RE2 has not", [{ match: "(?=a)" }], 0],
  ["a back-reference, which RE2 has not", [{ match: "(a)\\1" }], 0],
  ["a repetition of nothing", [{ match: "*" }], 0],
  ["too many repetitions", [{ match: "(a{500}){500}" }], 0],
  ["a group that closes ours", [{ match: "a)|(b" }], 0],
  ["rest before the end", [{ rest: true }, "a"], 0],
  ["two rests", [{ rest: true }, { rest: true }], 0],
  ["an expression in rest that is none", [{ rest: { match: "[" } }], 0]
]

/** Each takes exponential time in an engine that goes back. */
const catastrophic = ["(a+)+", "(a|aa)+", "(a*)*b", "(a|a)*b", "([a-z]+)*=", "(.*)*x", "(?:a?){30}a{30}", "(x+x+)+y"]

const Arguments = Schema.Array(Schema.String)

describe("argument grammars", () => {
  for (const [what, patterns, yes, no] of rows) {
    it(what, () => {
      for (const args of yes) assert.isTrue(fits(patterns, ...args), `should fit: ${JSON.stringify(args)}`)
      for (const args of no) assert.isFalse(fits(patterns, ...args), `should not fit: ${JSON.stringify(args)}`)
    })
  }

  for (const [what, patterns, at] of broken) {
    it(`${what} is a mistake, and its place is told`, () => {
      try {
        compileGrammar(patterns, new Expressions())
      } catch (cause) {
        assert.instanceOf(cause, GrammarError)
        return assert.strictEqual((cause as GrammarError).at, at)
      }
      assert.fail("it was compiled")
    })
  }

  it("an expression that hangs other engines answers", () => {
    for (const match of catastrophic) {
      assert.isFalse(fits([{ match }], `${"a".repeat(100_000)}!`), match)
      assert.isFalse(fits([{ match }], `${"a".repeat(4000)}!`), match)
    }
  })

  it("an expression of many counted steps answers on the longest argument", () => {
    assert.isFalse(fits([{ match: ".*(?:a|b|c).{0,1000}" }], "-".repeat(4_000_000)))
    assert.isBoolean(fits([{ match: ".*[ab].{900}" }], "ab".repeat(2_000_000)))
  })

  it.prop("literals match themselves", [Arguments], ([args]) => {
    assert.isTrue(fits(args, ...args))
  })

  it.prop(
    "literals match no list with one argument more, less or changed",
    [Arguments, Schema.String, Schema.Natural],
    ([args, other, place]) => {
      const at = args.length === 0 ? 0 : place % args.length
      assert.isFalse(fits(args, ...args, other))
      if (args.length === 0) return
      assert.isFalse(fits(args, ...args.toSpliced(at, 1)))
      if (args[at] !== other) assert.isFalse(fits(args, ...args.toSpliced(at, 1, other)))
    }
  )

  it.prop(
    "no argument that begins with - fits where options are not granted",
    [Schema.String, Arguments],
    ([name, before]) => {
      for (const pattern of [
        { match: "[^]*".replace("[^]", "(?s:.)") },
        { rest: true as const },
        { rest: { match: "(?s).*" } }
      ]) {
        assert.isFalse(fits([...before, pattern], ...before, `-${name}`))
      }
    }
  )

  it.prop(
    "an expression that escapes a text matches it alone",
    [Schema.String.check(Schema.isPattern(/^[a-z.+*?()[\]{}|^$\\]{0,8}$/)), Schema.String],
    ([text, other]) => {
      const match = text.replaceAll(/[.+*?()[\]{}|^$\\]/g, String.raw`\$&`)
      if (match === "") return
      assert.isTrue(fits([{ match, options: true }], text))
      if (other !== text) assert.isFalse(fits([{ match, options: true }], other))
    }
  )
})
