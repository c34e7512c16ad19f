import { assert, describe, it } from "@effect/vitest"
import type { SpawnSpec } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import * as access from "../../../src/worker/access/build-environment.ts"

const host = {
  PATH: "/host/bin",
  HOME: "/root",
  LANG: "C",
  LC_ALL: "C",
  SECRET: "s",
  LD_PRELOAD: "x",
  NODE_OPTIONS: "y"
}
const Names = Schema.Array(Schema.String.check(Schema.isPattern(/^[A-Z_]{1,6}\*?$/)))
const Environment = Schema.Record(Schema.String.check(Schema.isPattern(/^[A-Z_]{1,6}$/)), Schema.String)

const { policyPath } = access

/** By one policy. */
const buildEnvironment = (
  grant: Partial<access.GrantedEnvironment>,
  hostEnv: Readonly<Record<string, string>>,
  client: Readonly<Record<string, string>>,
  wanted?: SpawnSpec["inheritEnv"]
) => {
  const env = { inherit: [], set: [], values: {}, ...grant }
  const link = { env, path: policyPath(env, hostEnv), inherited: access.inheritedBy([env], hostEnv) }
  return access.buildEnvironment([link], client, wanted)
}

describe("the environment that is built", () => {
  it("goes without what the client does not want, but never without a fixed value", () => {
    const grant = { inherit: ["LANG", "HOME"], set: ["A"], values: { FIXED: "x", HOME: "/fixed" } }
    const names = (wanted: boolean | { readonly except: ReadonlyArray<string> }) =>
      Object.keys(buildEnvironment(grant, { ...host, LANG: "C", HOME: "/h" }, { A: "1" }, wanted).env ?? {}).toSorted()
    assert.deepStrictEqual(names(true), ["A", "FIXED", "HOME", "LANG", "PATH"])
    assert.deepStrictEqual(names(false), ["A", "FIXED", "HOME"])
    assert.deepStrictEqual(names({ except: ["LANG", "HOME", "FIXED"] }), ["A", "FIXED", "HOME", "PATH"])
    assert.deepStrictEqual(names({ except: ["PATH"] }), ["A", "FIXED", "HOME", "LANG"])
  })

  it("is PATH alone without a grant", () => {
    assert.deepStrictEqual(buildEnvironment({}, host, {}).env, { PATH: "/host/bin" })
  })

  it("has a PATH where the host has none", () => {
    assert.include(buildEnvironment({}, {}, {}).env?.PATH, "/usr/bin")
  })

  it("has the PATH of the policy before that of the host", () => {
    const grant = { values: { PATH: "/policy" }, inherit: ["PATH"] }
    assert.strictEqual(policyPath(grant, host), "/policy")
    assert.strictEqual(buildEnvironment(grant, host, {}).env?.PATH, "/policy")
  })

  it("inherits what is named, and by a wildcard nothing dangerous", () => {
    assert.deepStrictEqual(buildEnvironment({ inherit: ["L*", "HOME"] }, host, {}).env, {
      PATH: "/host/bin",
      HOME: "/root",
      LANG: "C",
      LC_ALL: "C"
    })
  })

  it("inherits a dangerous variable by its exact name", () => {
    assert.strictEqual(buildEnvironment({ inherit: ["LD_PRELOAD"] }, host, {}).env?.LD_PRELOAD, "x")
  })

  it("refuses the whole where one variable may not be set, and names it", () => {
    const built = buildEnvironment({ set: ["A"] }, host, { A: "1", B: "2" })
    assert.deepInclude(built, { env: undefined, refused: "B" })
  })

  it("does not let a client set what it only inherits", () => {
    assert.strictEqual(buildEnvironment({ inherit: ["LANG"] }, host, { LANG: "x" }).refused, "LANG")
  })

  it("lets the fixed value win over the client's, and the client's over the inherited", () => {
    const grant = { inherit: ["A", "B", "C"], set: ["A", "B"], values: { A: "fixed" } }
    const built = buildEnvironment(grant, { A: "host", B: "host", C: "host" }, { A: "client", B: "client" })
    assert.strictEqual(built.env?.A, "fixed")
    assert.strictEqual(built.env?.B, "client")
    assert.strictEqual(built.env?.C, "host")
  })

  it("keeps names of prototypes as names, and reads no inherited property", () => {
    const client = JSON.parse('{"__proto__":"own"}')
    assert.strictEqual(buildEnvironment({}, host, client).refused, "__proto__")
    const { env } = buildEnvironment({ set: ["__proto__"] }, host, client)
    assert.deepStrictEqual(Object.entries(env!), [
      ["PATH", "/host/bin"],
      ["__proto__", "own"]
    ])
    assert.isUndefined(
      buildEnvironment({}, Object.create({ PATH: "/evil", A: "1" }) as Record<string, string>, {}).env?.A
    )
  })

  it.prop(
    "has no name that neither the policy nor PATH accounts for",
    [Schema.Struct({ inherit: Names, set: Names, values: Environment }), Environment, Environment],
    ([grant, hostEnv, client]) => {
      const { env, refused } = buildEnvironment(grant, hostEnv, client)
      if (env === undefined) return assert.notInclude(grant.set, refused)
      for (const [name, value] of Object.entries(env)) {
        const fixed = Object.hasOwn(grant.values, name)
        assert.isTrue(fixed || name === "PATH" || Object.hasOwn(client, name) || Object.hasOwn(hostEnv, name), name)
        if (fixed) assert.strictEqual(value, grant.values[name])
      }
    }
  )
})
