import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { strictDecoder } from "../../src/derive/codec.ts"
import { allow, anyArguments, match, oneOf, policy, rest, secret } from "../../src/policy/build-policy.ts"
import { Policy } from "../../src/policy/Policy.ts"

const decode = strictDecoder("policy", Policy)

describe("the words for policies", () => {
  it("say what one would write, as plain data", () => {
    const built = policy("panel:git", {
      commands: [
        allow(
          "git",
          ["status", rest("--short", "--branch")],
          ["show", match(/[0-9a-f]{7,40}/)],
          ["log", "--oneline", rest()]
        ),
        allow("/usr/bin/node", anyArguments),
        allow("true")
      ],
      deny: ["rm"],
      env: { values: { KEY: secret("key") } },
      expires: "8 hours"
    })
    const written: Policy = {
      subject: "panel:git",
      commands: [
        {
          command: "git",
          args: [
            ["status", { rest: { anyOf: ["--short", "--branch"] } }],
            ["show", { match: "[0-9a-f]{7,40}" }],
            ["log", "--oneline", { rest: true }]
          ]
        },
        { command: "/usr/bin/node", args: true },
        { command: "true" }
      ],
      deny: ["rm"],
      env: { values: { KEY: { secret: "key" } } },
      expires: "8 hours"
    }
    assert.deepStrictEqual(built, written)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(built)), written)
    assert.deepStrictEqual(decode(built), Result.succeed(written))
    assert.deepStrictEqual(policy("nobody"), { subject: "nobody" })
  })

  it("escape what is a word and not an expression, and take options only where they are meant", () => {
    assert.deepStrictEqual(oneOf("build", "a.b|c"), { match: "build|a\\.b\\|c" })
    assert.deepStrictEqual(oneOf("-v", "x"), { match: "-v|x", options: true })
    const { match: source } = oneOf("(x)", "[y]", "a\\b", "$1", "^", "{2}", "*+?")
    const whole = new RegExp(`^(?:${source})$`)
    for (const word of ["(x)", "[y]", "a\\b", "$1", "^", "{2}", "*+?"]) assert.match(word, whole)
    for (const word of ["x", "y", "", "2", "(x", "[y]z"]) assert.notMatch(word, whole)
  })

  it("take options where they are told to", () => {
    assert.deepStrictEqual(match("-v+", { options: true }), { match: "-v+", options: true })
    assert.deepStrictEqual(rest({ options: true }), { rest: true, options: true })
    assert.deepStrictEqual(rest(match("--\\w+", { options: true })), { rest: { match: "--\\w+", options: true } })
  })

  it("refuse an expression with flags, which would say something else than it does", () => {
    assert.throws(() => match(/a/i), /flags/)
    assert.deepStrictEqual(match(/a\/b/), { match: "a\\/b" })
  })

  it("are typed", () => {
    // @ts-expect-error a field that there is not
    policy("x", { comands: [] })
    // @ts-expect-error one of no words
    assert.doesNotThrow(() => oneOf())
    // @ts-expect-error a pattern where a list of patterns is expected
    allow("git", match("a"))
    assert.isTrue(true)
  })
})
