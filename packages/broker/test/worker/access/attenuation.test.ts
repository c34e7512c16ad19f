import { assert, beforeAll, describe, it } from "@effect/vitest"
import { type Policy, spawnDefaults, type SpawnSpec } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { authorize, type Authorized } from "../../../src/worker/access/Authorizer.ts"
import { type Grant, type Host, linksOf } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { isWithinAny } from "../../../src/worker/access/real-path.ts"

/** Three programs, one of them under two names, and a few directories. All that the policies of this file speak of. */
const root = realpathSync(mkdtempSync(join(tmpdir(), "attenuation-")))
const at = (name: string): string => join(root, name)
beforeAll(() => {
  for (const directory of ["bin", "work/deep", "other"]) mkdirSync(at(directory), { recursive: true })
  for (const program of ["a", "b", "c"]) {
    writeFileSync(at(`bin/${program}`), "#!/bin/sh\n")
    chmodSync(at(`bin/${program}`), 0o755)
  }
  symlinkSync(at("bin/a"), at("bin/alias"))
  symlinkSync(at("other"), at("work/link"))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const host: Host = { env: { PATH: at("bin"), HOME: "/h", LANG: "C", A1: "1", A2: "2" }, cwd: at("work"), secrets: {} }

const few = <S extends Schema.Schema<any>>(item: S) => Schema.Array(item).check(Schema.isMaxLength(3))
const Command = Schema.Literals(["a", "a", "a", "b", "alias", "/a"])
const Variable = Schema.Literals(["HOME", "LANG", "A1", "A2", "PATH"])
const Variables = few(Schema.Literals(["HOME", "A1", "PATH", "A*", "*"]))
const Value = Schema.optionalKey(Schema.Literals(["x", "y"]))
const Values = Schema.Struct({ HOME: Value, A1: Value, A2: Value, PATH: Value })
const Directory = Schema.Literals(["work", "work/deep", "work/link", "other", "."])
const Pattern = Schema.Union([
  Schema.Literals(["x", "y", "-z"]),
  Schema.Struct({ match: Schema.Literals(["x|y", "[a-z]+", "-.*"]), options: Schema.optionalKey(Schema.Boolean) })
])
const Args = Schema.Union([Schema.Literals([true, true, true]), few(few(Pattern))])
/** Grants much, so that chains of a few links allow something. */
const Draft = Schema.Struct({
  commands: few(Schema.Struct({ command: Command, args: Args })).check(Schema.isMinLength(1)),
  deny: Schema.Union([Schema.Tuple([]), Schema.Tuple([]), Schema.Tuple([Command])]),
  env: Schema.Struct({ inherit: Variables, set: Variables, values: Values }),
  cwd: Schema.optionalKey(few(Directory).check(Schema.isMinLength(1))),
  shell: Schema.Boolean,
  stdio: Schema.Struct({ inherit: Schema.Boolean }),
  observe: Schema.Literals(["own", "all"]),
  kill: Schema.Literals(["own", "all"]),
  limits: Schema.Struct({ memoryBytes: Schema.optionalKey(Schema.Literals([1, 2, 3])) }),
  sandbox: Schema.optionalKey(Schema.Struct({ read: few(Directory), write: few(Directory), network: Schema.Boolean }))
})
const Asked = Schema.Struct({
  command: Schema.Literals(["a", "a", "a", "b", "c", "alias", "/a", "none"]),
  args: Schema.Array(Schema.Literals(["x", "y", "-z"])).check(Schema.isMaxLength(2)),
  cwd: Schema.optionalKey(Directory),
  env: Schema.optionalKey(Values),
  inheritEnv: Schema.Union([Schema.Boolean, Schema.Struct({ except: few(Variable) })]),
  shell: Schema.Literals([false, false, false, true]),
  stdout: Schema.Literals(["pipe", "pipe", "inherit"])
})

const commandOf = (name: string): string => (name === "/a" ? at("bin/a") : name)
const policyOf = (draft: typeof Draft.Type, subject: string): Policy => ({
  ...draft,
  subject,
  commands: draft.commands.map(({ command, args }) => ({ command: commandOf(command), args })),
  deny: draft.deny.map(commandOf),
  ...(draft.cwd && { cwd: draft.cwd.map(at) }),
  ...(draft.sandbox && {
    sandbox: { ...draft.sandbox, read: draft.sandbox.read.map(at), write: draft.sandbox.write.map(at) }
  })
})
const specOf = ({ command, cwd, ...asked }: typeof Asked.Type): SpawnSpec => ({
  ...spawnDefaults,
  ...asked,
  command: commandOf(command),
  ...(cwd && { cwd: at(cwd) })
})

/** What the policies come to, the host's first; those that cannot be derived are left out. */
const chainOf = (drafts: ReadonlyArray<typeof Draft.Type>): Grant | undefined =>
  drafts.reduce<Grant | undefined>((parent, draft, index) => {
    const parsed = parsePolicy(policyOf(draft, `link${index}`), host, parent)
    return Result.isSuccess(parsed) ? parsed.success : parent
  }, undefined)

/** What a client of an ancestor would ask for, to have what the derived one has. */
const askedOfAncestor = (spec: SpawnSpec, grant: Grant, ancestor: Grant, { request }: Authorized): SpawnSpec => {
  const links = linksOf(grant)
  const younger = links.slice(0, links.indexOf(ancestor))
  const env = younger.reduce((values, link) => ({ ...values, ...link.env.values }), spec.env ?? {})
  const except = Object.keys(host.env).filter((name) => !(name in request.env))
  return { ...spec, env, inheritEnv: { except } }
}

/** With the PATH of the host, by which names in `deny` are found. */
const grantsMuch = { cwd: ["."] as const, shell: true, env: { inherit: [], set: [], values: {} } }

const decided = { allowed: 0, denied: 0 }

describe("a derived policy", () => {
  it.prop(
    "allows nothing that one of those which it derives from does not, in whatever chain",
    [Schema.Array(Draft).check(Schema.isMinLength(2), Schema.isMaxLength(4)), Asked],
    ([drafts, asked]) => {
      const [grant, spec] = [chainOf(drafts), specOf(asked)]
      if (grant === undefined) return
      const allowed = authorize(grant, host, spec)
      decided[Result.isSuccess(allowed) ? "allowed" : "denied"]++
      if (Result.isFailure(allowed)) return
      for (const ancestor of grant.ancestors) {
        const same = authorize(ancestor, host, askedOfAncestor(spec, grant, ancestor, allowed.success))
        assert.isTrue(Result.isSuccess(same), `${ancestor.subject}: ${JSON.stringify(same)}`)
        assert.deepStrictEqual(Result.getOrThrow(same).request, allowed.success.request)
      }
    },
    { arbitrary: { runs: 4000 } }
  )

  it("of those has been allowed something, and refused something, often enough for that to mean anything", () => {
    assert.isAbove(decided.allowed, 50)
    assert.isAbove(decided.denied, 100)
  })

  it.prop(
    "has no more reach, memory or sandbox than what it derives from",
    [Schema.Array(Draft).check(Schema.isMinLength(2), Schema.isMaxLength(4))],
    ([drafts]) => {
      const grant = chainOf(drafts)
      for (const ancestor of grant?.ancestors ?? []) {
        if (ancestor.observe === "own") assert.strictEqual(grant!.observe, "own")
        if (ancestor.kill === "own") assert.strictEqual(grant!.kill, "own")
        const most = ancestor.limits.memoryBytes
        if (most !== undefined) assert.isAtMost(grant!.limits.memoryBytes ?? Infinity, most)
        if (ancestor.sandbox === undefined) continue
        const { read, write, network } = grant!.sandbox!
        const readable = [...ancestor.sandbox.read, ...ancestor.sandbox.write]
        assert.isTrue([...read, ...write].every((place) => isWithinAny(readable, place)))
        assert.isTrue(write.every((place) => isWithinAny(ancestor.sandbox!.write, place)))
        if (network) assert.isTrue(ancestor.sandbox.network)
      }
    }
  )

  it.prop(
    "does not run what any link denies, by whatever name it is asked for",
    [Schema.Array(Draft).check(Schema.isMinLength(1), Schema.isMaxLength(3)), Asked],
    ([drafts, asked]) => {
      const grant = chainOf(drafts.map((draft) => ({ ...draft, ...grantsMuch })))
      if (grant === undefined) return
      const denied = linksOf(grant).flatMap(({ deny }) => deny)
      const outcome = authorize(grant, host, specOf({ ...asked, cwd: "work" }))
      if (Result.isFailure(outcome)) return
      const { file } = outcome.success.request
      assert.notInclude(
        denied.map((name) => realpathSync(name.startsWith("/") ? name : at(`bin/${name}`))),
        file
      )
    },
    { arbitrary: { runs: 500 } }
  )
})
