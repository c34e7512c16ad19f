import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { strictDecoder } from "../../src/derive/codec.ts"
import { Policy } from "../../src/policy/Policy.ts"

/** The policy of the documentation, with the keys that there are. */
const documented: unknown = {
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
  env: { inherit: ["PATH", "HOME", "LC_*"], set: ["CI"], values: { NO_COLOR: "1" } },
  cwd: ["/srv/project"],
  stdio: { inherit: false },
  observe: "own",
  kill: "all"
}

const decode = strictDecoder("policy", Policy)
const encode = Schema.encodeSync(Policy)
const problemOf = (policy: unknown): string => {
  const decoded = decode(policy)
  assert.isTrue(Result.isFailure(decoded), `accepted: ${JSON.stringify(policy)}`)
  return Result.isFailure(decoded) ? decoded.failure.argument : ""
}

/** Policies that are wrong, and the place that is named. */
const wrong: ReadonlyArray<readonly [what: string, policy: unknown, place: string]> = [
  ["nothing", {}, "subject"],
  ["no object", "all", "policy"],
  ["null", null, "policy"],
  ["a list", [documented], "policy"],
  ["an empty subject", { subject: "" }, "subject"],
  ["a subject that is a number", { subject: 1 }, "subject"],
  ["a long subject", { subject: "x".repeat(201) }, "subject"],
  ["an unknown key", { subject: "s", comands: [] }, "comands"],
  ["a key of the prototype", JSON.parse('{"subject":"s","__proto__":{"observe":"all"}}'), "__proto__"],
  ["a key that is undefined", { subject: "s", observe: undefined }, "observe"],
  ["`commands: true`", { subject: "s", commands: true }, "commands"],
  ["a command that is only a name", { subject: "s", commands: ["git"] }, "commands[0]"],
  ["an empty command", { subject: "s", commands: [{ command: "" }] }, "commands[0].command"],
  ["a command with a NUL", { subject: "s", commands: [{ command: "git\0" }] }, "commands[0].command"],
  ["an unknown key of a command", { subject: "s", commands: [{ command: "git", arg: true }] }, "commands[0].arg"],
  ["`args: false`", { subject: "s", commands: [{ command: "git", args: false }] }, "commands[0].args"],
  [
    "one alternative without its list",
    { subject: "s", commands: [{ command: "git", args: ["status"] }] },
    "commands[0].args"
  ],
  ["an unknown pattern", { subject: "s", commands: [{ command: "git", args: [[{ glob: "*" }]] }] }, "commands[0].args"],
  [
    "a pattern of two kinds",
    { subject: "s", commands: [{ command: "a", args: [[{ match: "a", rest: true }]] }] },
    "commands[0].args"
  ],
  ["an empty expression", { subject: "s", commands: [{ command: "a", args: [[{ match: "" }]] }] }, "commands[0].args"],
  [
    "a long expression",
    { subject: "s", commands: [{ command: "a", args: [[{ match: "a".repeat(1001) }]] }] },
    "commands[0].args"
  ],
  ["`rest: false`", { subject: "s", commands: [{ command: "a", args: [[{ rest: false }]] }] }, "commands[0].args"],
  [
    "`options` that is text",
    { subject: "s", commands: [{ command: "a", args: [[{ match: "a", options: "true" }]] }] },
    "commands[0].args"
  ],
  ["an empty denial", { subject: "s", deny: [""] }, "deny[0]"],
  ["an unknown key of env", { subject: "s", env: { unset: [] } }, "env.unset"],
  ["an empty name", { subject: "s", env: { set: [""] } }, "env.set[0]"],
  ["a name with =", { subject: "s", env: { set: ["A=B"] } }, "env.set[0]"],
  ["a name with a NUL", { subject: "s", env: { inherit: ["A\0"] } }, "env.inherit[0]"],
  ["a wildcard in the middle", { subject: "s", env: { inherit: ["A*B"] } }, "env.inherit[0]"],
  ["two wildcards", { subject: "s", env: { inherit: ["A**"] } }, "env.inherit[0]"],
  ["a value that is a number", { subject: "s", env: { values: { A: 1 } } }, "env.values.A"],
  ["a value with a NUL", { subject: "s", env: { values: { A: "\0" } } }, "env.values.A"],
  ["an empty directory", { subject: "s", cwd: [""] }, "cwd[0]"],
  ["a directory without its list", { subject: "s", cwd: "/" }, "cwd"],
  ["`stdio: true`", { subject: "s", stdio: true }, "stdio"],
  ["an empty stdio", { subject: "s", stdio: {} }, "stdio.inherit"],
  ['`observe: "none"`', { subject: "s", observe: "none" }, "observe"],
  ["`kill: true`", { subject: "s", kill: true }, "kill"]
]

describe("Policy", () => {
  it("takes what the documentation shows", () => {
    const decoded = Result.getOrThrow(decode(documented))
    assert.deepStrictEqual<unknown>(encode(decoded), documented)
  })

  it("takes a subject alone", () => {
    assert.isTrue(Result.isSuccess(decode({ subject: "nobody" })))
  })

  for (const [what, policy, place] of wrong) {
    it(`refuses ${what}, and says where`, () => {
      const at = problemOf(policy)
      assert.isTrue(at.startsWith(place) || place.startsWith(at), `${at}, expected ${place}`)
    })
  }

  it.prop("is the same after it was written and read", [Policy], ([policy]) => {
    const back = decode(JSON.parse(JSON.stringify(encode(policy))))
    assert.deepStrictEqual(Result.isSuccess(back) && back.success, policy)
  })
})
