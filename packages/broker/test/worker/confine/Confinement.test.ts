import { assert, describe, it } from "@effect/vitest"
import { type Policy, spawnDefaults, Unsupported } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { writeFileSync } from "node:fs"
import { authorize } from "../../../src/worker/access/Authorizer.ts"
import type { Grant, Host } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { Confinement } from "../../../src/worker/confine/Confinement.ts"
import { findTool, type FindTool } from "../../../src/worker/confine/find-tool.ts"
import { DirectSpawner } from "../../../src/worker/spawn/DirectSpawner.ts"
import { makeScratch } from "../access/scratch.ts"

const host: Host = { env: { PATH: "/usr/bin:/bin" }, cwd: "/usr", secrets: {} }

const grantOf = (policy: Partial<Policy>): Grant =>
  Result.getOrThrow(
    parsePolicy({ subject: "test", commands: [{ command: "env", args: true }], cwd: ["/"], ...policy }, host)
  )

/** A machine on which some programs are not installed, or others are in their place. */
const machine = (places: { readonly [name: string]: string | undefined } = {}) => {
  const warnings: Array<string> = []
  const find: FindTool = (name) => (name in places ? places[name] : findTool(name))
  const confinement = new Confinement(new DirectSpawner("confinement-test"), (message) => warnings.push(message), find)
  const mint = (policy: Partial<Policy>) => Effect.runPromise(Effect.result(confinement.check(grantOf(policy))))
  const start = (policy: Partial<Policy>, env: Record<string, string> = {}) => {
    const grant = grantOf({ env: { set: Object.keys(env) }, ...policy })
    const spec = { ...spawnDefaults, command: "env", args: ["a", "b"], env }
    return Result.flatMap(authorize(grant, host, spec), (authorized) => confinement.confine(authorized, spec))
  }
  return { warnings, mint, start }
}

const refusal = (result: Result.Result<unknown, Unsupported>): string =>
  Result.isFailure(result) ? `${result.failure._tag}: ${result.failure.message}` : assert.fail("it was minted")

describe("a machine that cannot enforce a policy", () => {
  it.each([
    { limits: { openFiles: 64 }, lacks: ["prlimit"], says: "`openFiles`" },
    { limits: { coreBytes: 0 }, lacks: ["prlimit"], says: "util-linux" },
    { limits: { nice: 1 }, lacks: ["nice"], says: "`nice`" }
  ])("mints no token for $limits without $lacks, unless that is said to do, and then says so", async (row) => {
    const { mint, warnings, start } = machine(Object.fromEntries(row.lacks.map((name) => [name, undefined])))
    const refused = refusal(await mint({ limits: row.limits }))
    assert.match(refused, /^Unsupported: /)
    assert.include(refused, row.says)
    assert.include(refused, "bestEffort")
    assert.isTrue(Result.isSuccess(await mint({ limits: { ...row.limits, bestEffort: true } })))
    assert.strictEqual(warnings.length, 1)
    assert.include(warnings[0], row.says)
    const started = Result.getOrThrow(start({ limits: { ...row.limits, bestEffort: true } }))
    assert.match(started.request.file, /\/env$/)
  })

  it("mints no token for a sandbox without bubblewrap, and names its package", async () => {
    const { mint, start } = machine({ bwrap: undefined })
    assert.match(refusal(await mint({ sandbox: {} })), /bubblewrap is not installed.+package is called bubblewrap/s)
    const started = start({ sandbox: {} })
    assert.isTrue(Result.isFailure(started) && started.failure._tag === "Unsupported")
  })

  it("mints no token for a sandbox where bubblewrap does not work, and tells what it says", async () => {
    const broken = makeScratch().file("bwrap")
    writeFileSync(broken, "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    assert.include(
      refusal(await machine({ bwrap: broken }).mint({ sandbox: {} })),
      "No permissions to create new namespace"
    )
  })

  it("runs what may go without a sandbox as it would without a policy for one, and says so", async () => {
    const { mint, start, warnings } = machine({ bwrap: undefined })
    const policy = { sandbox: { bestEffort: true } }
    assert.isTrue(Result.isSuccess(await mint(policy)))
    assert.include(warnings.join(), "less confined than")
    const { isSandboxed, request } = Result.getOrThrow(start(policy))
    assert.deepStrictEqual([isSandboxed, request.args], [false, ["a", "b"]])
  })
})

describe("a process without limits or a sandbox", () => {
  it("is started as it was authorised, and nobody looks after it", () => {
    const { isSandboxed, request, watch } = Result.getOrThrow(machine().start({ limits: { wallTime: "1 hour" } }))
    assert.deepStrictEqual([request.argv0, request.args, isSandboxed, watch], ["env", ["a", "b"], false, undefined])
  })
})

describe("what confines a process", () => {
  it("does not get what decides which code is loaded; the process does", () => {
    const env = { LD_PRELOAD: "/x.so", GLIBC_TUNABLES: "y=1", HARMLESS: "z" }
    const { request } = Result.getOrThrow(machine().start({ limits: { coreBytes: 0 } }, env))
    assert.deepStrictEqual(request.env, { PATH: "/usr/bin:/bin", HARMLESS: "z" })
    assert.includeMembers([...request.args], ["LD_PRELOAD=/x.so", "GLIBC_TUNABLES=y=1"])
    assert.match(request.file, /\/prlimit$/)
  })

  it("is found where the system keeps its programs, and nowhere else", () => {
    const scratch = makeScratch()
    scratch.file("bin/prlimit")
    const before = process.env.PATH
    process.env.PATH = `${scratch.path("bin")}:${before}`
    const found = findTool("prlimit")
    process.env.PATH = before
    assert.notInclude(found ?? "", scratch.root)
  })
})
