import { assert, describe, it } from "@effect/vitest"
import type { Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { inspect } from "node:util"
import type { Grant, Host } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { makeScratch, type Scratch } from "./scratch.ts"

const hostOf = (scratch: Scratch): Host => ({
  env: { PATH: "/bin" },
  cwd: scratch.directory("work"),
  secrets: { key: "hunter2", ["__proto__"]: "x" }
})
const parsed = (host: Host, policy: Partial<Policy>, parent?: Grant): Grant =>
  Result.getOrThrow(parsePolicy({ subject: "s", ...policy }, host, parent))
const mistake = (host: Host, policy: Partial<Policy>, parent?: Grant) => {
  const result = parsePolicy({ subject: "s", ...policy }, host, parent)
  return Result.isFailure(result) ? result.failure : undefined
}

describe("secrets", () => {
  const policy = { env: { values: { KEY: { secret: "key" } } } }

  it("stand in the environment, in the place of their names", () => {
    assert.deepStrictEqual(parsed(hostOf(makeScratch()), policy).env.values, { KEY: "hunter2" })
  })

  it("that the host does not have are a mistake that names the place and no value", () => {
    for (const name of ["kye", "toString", "constructor"]) {
      const error = mistake(hostOf(makeScratch()), { env: { values: { KEY: { secret: name } } } })
      assert.strictEqual(error?.argument, "env.values.KEY")
      assert.include(error?.message, name)
      assert.notInclude(inspect(error), "hunter2")
    }
  })

  it("of which no variable can be made are a mistake, too, that shows no value", () => {
    const host = { ...hostOf(makeScratch()), secrets: { key: "hunter2\0x" } }
    const error = mistake(host, policy)
    assert.strictEqual(error?.argument, "env.values.KEY")
    assert.notInclude(inspect(error), "hunter2")
  })

  it("can be named by the host alone", () => {
    const host = hostOf(makeScratch())
    const parent = parsed(host, { env: { set: ["KEY"] } })
    assert.strictEqual(mistake(host, policy, parent)?.argument, "env.values.KEY")
  })
})

describe("a derived policy", () => {
  it("has a subject that says from whom it comes, so that it cannot pass for another", () => {
    const host = hostOf(makeScratch())
    const parent = parsed(host, { subject: "panel" })
    assert.strictEqual(parsed(host, { subject: "admin" }, parent).subject, "panel/admin")
  })

  it("fixes only what it might set, and by a wildcard nothing dangerous", () => {
    const host = hostOf(makeScratch())
    const parent = parsed(host, { subject: "panel", env: { set: ["CI", "N*"] } })
    parsed(host, { env: { values: { CI: "1", NO_COLOR: "1" } } }, parent)
    for (const name of ["HOME", "NODE_OPTIONS", "LD_PRELOAD", "PATH"]) {
      const error = mistake(host, { env: { values: { [name]: "x" } } }, parent)
      assert.strictEqual(error?.argument, `env.values.${name}`)
      assert.include(error?.message, "panel")
    }
  })

  it("without roots has those of what it derives from", () => {
    const scratch = makeScratch()
    const parent = parsed(hostOf(scratch), { cwd: [scratch.directory("a")] })
    assert.deepStrictEqual(parsed(hostOf(scratch), {}, parent).roots, [scratch.path("a")])
  })

  it("tells nobody what is on the disk, out of its reach: there or not, it is answered the same", () => {
    const scratch = makeScratch()
    const host = hostOf(scratch)
    const [inside, outside] = [scratch.directory("a"), scratch.directory("outside")]
    const parent = parsed(host, { cwd: [inside], sandbox: { read: [inside] } })
    for (const name of ["cwd", "sandbox"] as const) {
      const naming = (place: string) => (name === "cwd" ? { cwd: [place] } : { sandbox: { read: [place] } })
      assert.isUndefined(mistake(host, naming(outside), parent))
      assert.isUndefined(mistake(host, naming(`${outside}/none`), parent))
      assert.include(mistake(host, naming(`${inside}/none`), parent)?.problem, "does not exist")
    }
    const unconfined = parsed(host, { cwd: [inside] })
    assert.isUndefined(mistake(host, { sandbox: { read: [`${inside}/none`, `${outside}/none`] } }, unconfined))
  })

  it("has no long lists, which each of its starts would be compared with", () => {
    const host = hostOf(makeScratch())
    const long = (item: (index: number) => string) => Array.from({ length: 101 }, (_, index) => item(index))
    const names = long((index) => `n${index}`)
    const places = long(() => "/")
    const parent = parsed(host, { deny: names, env: { inherit: names, set: ["*"] }, cwd: places })
    const policies: ReadonlyArray<readonly [argument: string, policy: Partial<Policy>]> = [
      ["commands", { commands: names.map((command) => ({ command })) }],
      ["deny", { deny: names }],
      ["cwd", { cwd: places }],
      ["env.inherit", { env: { inherit: names } }],
      ["env.set", { env: { set: names } }],
      ["env.values", { env: { values: Object.fromEntries(names.map((name) => [name, ""])) } }],
      ["sandbox.read", { sandbox: { read: places } }],
      ["sandbox.write", { sandbox: { write: places } }],
      ["topics.publish", { topics: { publish: names } }],
      ["topics.subscribe", { topics: { subscribe: names } }]
    ]
    for (const [argument, policy] of policies) assert.strictEqual(mistake(host, policy, parent)?.argument, argument)
    parsed(host, { deny: names.slice(1) }, parent)
  })

  it("has no expressions that are large, together, and the host may have them", () => {
    const host = hostOf(makeScratch())
    const policy = (match: string, count = 1): Partial<Policy> => ({
      commands: [{ command: "a", args: Array.from({ length: count }, () => [{ match }]) }]
    })
    const parent = parsed(host, policy("[a-z]{1000}", 40))
    parsed(host, policy("[0-9a-f]{7,40}", 10), parent)
    for (const [match, count, at] of [
      ["[a-z]{1000}", 40, 4],
      ["(a{10}){100}", 10, 3],
      ["(?:a{2,}b{0,900})", 8, 5],
      ["x".repeat(900), 12, 10]
    ] as const) {
      parsed(host, policy(match, count))
      assert.strictEqual(mistake(host, policy(match, count), parent)?.argument, `commands[0].args[${at}][0]`, match)
    }
  })
})

describe("a place", () => {
  it("in a policy is absolute, there, and remembered without its links", () => {
    const scratch = makeScratch()
    const host = hostOf(scratch)
    const real = scratch.directory("real")
    scratch.link("link", real)
    const { sandbox } = parsed(host, { sandbox: { read: [scratch.path("link")], write: [`${real}/.`] } })
    assert.deepStrictEqual(sandbox, { read: [real], write: [real], network: false, bestEffort: false })
    assert.strictEqual(mistake(host, { sandbox: { read: ["/", "relative"] } })?.argument, "sandbox.read[1]")
    assert.strictEqual(mistake(host, { sandbox: { write: [`${real}/none`] } })?.argument, "sandbox.write[0]")
  })
})
