import { assert, describe, it } from "@effect/vitest"
import type { DaemonSpec, Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { authorizeDaemon, authorizeDaemonFiles, daemonFileRoots } from "../../../src/worker/access/authorize-daemon.ts"
import type { Grant } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { makeScratch } from "./scratch.ts"

const host = { env: {}, cwd: "/", secrets: {} }
const grantOf = (daemons: Policy["daemons"], parent?: Grant): Grant =>
  Result.getOrThrow(parsePolicy({ subject: "s", ...(daemons !== undefined && { daemons }) }, host, parent))

/** The rule that refuses, if one does. */
const ruleOf = (decision: ReturnType<typeof authorizeDaemon>): string | undefined =>
  Result.isFailure(decision) ? decision.failure.rule : undefined

const fileRule = (grant: Grant, files: Partial<DaemonSpec>): string | undefined =>
  ruleOf(authorizeDaemonFiles(grant, { name: "web", command: "true", ...files }))

describe("daemons", () => {
  it("are none without a grant", () => {
    for (const daemons of [undefined, false] as const) {
      assert.strictEqual(ruleOf(authorizeDaemon(grantOf(daemons), "web")), "daemons")
    }
    assert.strictEqual(ruleOf(authorizeDaemon(grantOf({ names: [] }), "web")), "daemons.names")
  })

  it("are of any name, or of those that are named, whole or by their beginning", () => {
    for (const daemons of [true, {}] as const) assert.isUndefined(ruleOf(authorizeDaemon(grantOf(daemons), "web")))
    const grant = grantOf({ names: ["web", "job-*"] })
    for (const name of ["web", "job-1", "job-"]) assert.isUndefined(ruleOf(authorizeDaemon(grant, name)), name)
    for (const name of ["web2", "we", "job", "x-job-1"]) {
      assert.strictEqual(ruleOf(authorizeDaemon(grant, name)), "daemons.names", name)
    }
  })

  it("have no files without a grant for those", () => {
    for (const daemons of [true, { names: ["web"] }]) {
      const grant = grantOf(daemons)
      assert.isUndefined(fileRule(grant, {}))
      assert.strictEqual(fileRule(grant, { pidFile: "/tmp/x" }), "daemons.files")
      assert.strictEqual(fileRule(grant, { envFile: "/tmp/x" }), "daemons.files")
      assert.strictEqual(fileRule(grant, { log: { file: "/tmp/x" } }), "daemons.files")
    }
  })

  it("have files where the policy says so, links followed", () => {
    const scratch = makeScratch()
    const inside = scratch.directory("inside")
    const outside = scratch.directory("outside")
    scratch.link("inside/link", outside)
    const grant = grantOf({ files: [inside] })
    assert.isUndefined(fileRule(grant, { pidFile: `${inside}/web.pid` }))
    assert.isUndefined(fileRule(grant, { log: { file: `${inside}/not/there/yet.log` } }))
    assert.strictEqual(fileRule(grant, { pidFile: `${outside}/web.pid` }), "daemons.files")
    assert.strictEqual(fileRule(grant, { pidFile: `${inside}/link/web.pid` }), "daemons.files")
    assert.strictEqual(fileRule(grant, { pidFile: `${inside}er.pid` }), "daemons.files")
  })

  it("need every link of a chain, for their names and for their files", () => {
    const scratch = makeScratch()
    const [outer, inner] = [scratch.directory("outer"), scratch.directory("outer/inner")]
    const parent = grantOf({ names: ["web*"], files: [outer] })
    const wider = grantOf({ files: [inner, scratch.root] }, parent)
    assert.isUndefined(ruleOf(authorizeDaemon(wider, "web-1")))
    assert.strictEqual(ruleOf(authorizeDaemon(wider, "db")), "daemons.names")
    assert.isUndefined(fileRule(wider, { pidFile: `${outer}/p` }))
    assert.strictEqual(fileRule(wider, { pidFile: `${scratch.root}/p` }), "daemons.files")
    assert.strictEqual(ruleOf(authorizeDaemon(grantOf(undefined, parent), "web")), "daemons")
    assert.strictEqual(ruleOf(authorizeDaemon(grantOf(true, grantOf(undefined)), "web")), "daemons")
    assert.deepStrictEqual(daemonFileRoots(wider), [[inner, scratch.root], [outer]])
  })
})
