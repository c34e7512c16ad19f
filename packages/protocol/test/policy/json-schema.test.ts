import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Result from "effect/Result"
import { readFileSync } from "node:fs"
import { policySchema } from "../../scripts/generate-policy-schema.ts"
import { strictDecoder } from "../../src/derive/codec.ts"
import { Policy } from "../../src/policy/Policy.ts"

const published = JSON.parse(readFileSync(new URL("../../policy.schema.json", import.meta.url), "utf8"))
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(published)
const decode = strictDecoder("policy", Policy)

/** Every property that the schema speaks of, by its path. */
const propertiesOf = (node: any, path = ""): ReadonlyArray<readonly [path: string, property: any]> => {
  if (typeof node !== "object" || node === null) return []
  const here = Object.entries<any>(node.properties ?? {}).map(([name, value]) => [`${path}.${name}`, value] as const)
  const below = Object.entries(node).filter(([key]) => key !== "properties")
  return [
    ...here,
    ...here.flatMap(([name, value]) => propertiesOf(value, name)),
    ...below.flatMap(([, value]) => propertiesOf(value, path))
  ]
}

const good: ReadonlyArray<readonly [what: string, policy: unknown]> = [
  ["the least", { subject: "x" }],
  ["daemons of any name", { subject: "x", daemons: true }],
  ["daemons with names and files", { subject: "x", daemons: { names: ["web", "job-*"], files: ["/srv"] } }],
  [
    "one with everything",
    {
      $schema: "./policy.schema.json",
      subject: "panel:git",
      commands: [
        {
          command: "git",
          args: [
            ["status", { rest: { anyOf: ["--short"] } }],
            ["show", { match: "[0-9a-f]{7,40}" }],
            ["log", { rest: { match: "\\w+", options: true } }]
          ]
        },
        { command: "/usr/bin/node", args: true },
        { command: "true" }
      ],
      deny: ["rm"],
      env: { inherit: ["HOME", "LC_*"], set: ["CI"], values: { NO_COLOR: "1", KEY: { secret: "key" } } },
      cwd: ["/srv"],
      shell: false,
      stdio: { inherit: false },
      disconnect: "keep",
      observe: "own",
      kill: "all",
      limits: { concurrent: 8, wallTime: "10 minutes", nice: 19, bestEffort: true },
      sandbox: { read: ["/srv"], write: [], network: false },
      topics: { publish: [], subscribe: ["build.*"] },
      expires: "8 hours"
    }
  ]
]

const bad: ReadonlyArray<readonly [what: string, policy: unknown]> = [
  ["nothing", {}],
  ["a daemon whose name could lead elsewhere", { subject: "x", daemons: { names: ["../web"] } }],
  ["a pattern of daemons in the middle", { subject: "x", daemons: { names: ["w*b"] } }],
  ["a subject that is empty", { subject: "" }],
  ["a field that there is not", { subject: "x", comands: [] }],
  ["a command that is a text", { subject: "x", commands: ["git"] }],
  ["a command without a name", { subject: "x", commands: [{ args: true }] }],
  ["a command with a NUL", { subject: "x", commands: [{ command: "git\0" }] }],
  ["args: false", { subject: "x", commands: [{ command: "git", args: false }] }],
  ["a list of arguments that is no list of alternatives", { subject: "x", commands: [{ command: "a", args: ["b"] }] }],
  ["a pattern that is no pattern", { subject: "x", commands: [{ command: "git", args: [[{ regex: "x" }]] }] }],
  ["an empty expression", { subject: "x", commands: [{ command: "git", args: [[{ match: "" }]] }] }],
  ["a star within a name", { subject: "x", env: { set: ["A*B"] } }],
  ["a value with a name that has a sign of equality", { subject: "x", env: { values: { "A=B": "1" } } }],
  ["a reach that there is not", { subject: "x", observe: "others" }],
  ["a limit below none", { subject: "x", limits: { concurrent: -1 } }],
  ["a limit in words", { subject: "x", limits: { memoryBytes: "1 GB" } }],
  ["a duration in milliseconds", { subject: "x", expires: 1000 }],
  ["a duration without a unit", { subject: "x", limits: { wallTime: "90" } }],
  ["a duration in a unit that there is not", { subject: "x", expires: "8 moons" }],
  ["a sandbox that is a switch", { subject: "x", sandbox: true }]
]

describe("the JSON Schema of a policy", () => {
  it("is what the Schema says (`pnpm --filter @spawnbroker/protocol generate:policy-schema` writes it)", () => {
    assert.deepStrictEqual(published, JSON.parse(JSON.stringify(policySchema())))
  })

  it("says of every field what it is", () => {
    const fields = propertiesOf(published)
    assert.isAbove(fields.length, 40)
    assert.deepStrictEqual(
      fields.filter(([, { description }]) => !/^[A-Z`].+[.`]$/.test(description ?? "")).map(([path]) => path),
      []
    )
  })

  it("speaks of every field of a policy", () => {
    assert.deepStrictEqual(Object.keys(published.properties), Object.keys(Policy.fields))
  })

  for (const [what, policy] of good) {
    it(`accepts ${what}, and so does the broker`, () => {
      assert.isTrue(validate(policy), JSON.stringify(validate.errors))
      assert.isTrue(Result.isSuccess(decode(policy)))
    })
  }

  for (const [what, policy] of bad) {
    it(`refuses ${what}, and so does the broker`, () => {
      assert.isFalse(validate(policy))
      assert.isTrue(Result.isFailure(decode(policy)))
    })
  }
})
