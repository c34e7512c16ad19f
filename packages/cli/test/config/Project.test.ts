import { assert, describe, it } from "@effect/vitest"
import type { Config } from "../../src/config/Config.ts"
import { checkReferences } from "../../src/config/check-references.ts"
import { toProject } from "../../src/config/Project.ts"
import { type Mistake, showPath } from "../../src/mistakes/Mistake.ts"
import { Failure } from "../../src/Failure.ts"

const project = (config: Config) =>
  toProject({
    file: "/srv/shop/spawnbroker.config.json",
    config,
    locate: ({ path, problem }): Mistake => ({ file: "f", path: showPath(path), problem })
  })

describe("a project", () => {
  it("may run what its daemons and their probes are, with those arguments, and nothing else", () => {
    const { policy } = project({
      daemons: {
        web: { command: "node", args: ["web.ts", "-p"], liveness: { exec: { command: "curl", args: ["-f", "x"] } } },
        api: { command: "node", args: ["api.ts"], env: { PORT: "1" } },
        store: { command: "./bin/store" }
      }
    })
    assert.deepStrictEqual(policy.commands, [
      { command: "node", args: [["web.ts", "-p"], ["api.ts"]] },
      { command: "curl", args: [["-f", "x"]] },
      { command: "/srv/shop/bin/store", args: [[]] }
    ])
    assert.deepStrictEqual(policy.env, { inherit: ["PATH", "HOME"], set: ["PORT"] })
    assert.deepStrictEqual(policy.daemons, { names: ["web", "api", "store"], files: [] })
    assert.deepStrictEqual(policy.cwd, ["/srv/shop"])
    assert.isUndefined(policy.shell)
  })

  it("has its paths relative to its file, and may use the files that it names", () => {
    const { daemons, policy } = project({
      daemons: { web: { command: "node", cwd: "web", pidFile: "run/web.pid", log: { file: "/var/log/web.log" } } }
    })
    const [web] = daemons
    assert.deepStrictEqual(
      [web?.cwd, web?.pidFile, web?.log?.file],
      ["/srv/shop/web", "/srv/shop/run/web.pid", "/var/log/web.log"]
    )
    assert.deepStrictEqual(policy.daemons, { names: ["web"], files: ["/srv/shop/run", "/var/log"] })
    assert.deepStrictEqual(policy.cwd, ["/srv/shop", "/srv/shop/web"])
  })

  it("is called as its directory, and its policies as they are named, unless it says otherwise", () => {
    const { name, policies } = project({ policies: { panel: {}, other: { subject: "x" } } })
    assert.strictEqual(name, "shop")
    assert.deepStrictEqual([policies["panel"]?.subject, policies["other"]?.subject], ["panel", "x"])
  })

  it("with a daemon that contradicts itself is told where", () => {
    try {
      project({ daemons: { web: { command: "node", persistent: true } } })
      assert.fail("it was taken")
    } catch (cause) {
      assert.instanceOf(cause, Failure)
      assert.deepStrictEqual(
        cause.mistakes?.map(({ path }) => path),
        ["daemons.web"]
      )
    }
  })
})

describe("what refers to something that is not there", () => {
  const said = (config: unknown): ReadonlyArray<string> =>
    checkReferences(config).map(({ path, problem, hint }) => [showPath(path), problem, hint].join(" | "))

  it("is told with what was meant", () => {
    assert.deepStrictEqual(
      said({
        daemons: { store: {}, web: { dependsOn: { stor: "healthy" } } },
        policies: { panel: { env: { values: { KEY: { secret: "keyy" } } } } },
        tokens: { t: { policy: "panle", file: "t" } },
        secrets: { key: { env: "KEY" } }
      }),
      [
        "daemons.web.dependsOn.stor | there is no daemon `stor` | Did you mean `store`?",
        "tokens.t.policy | there is no policy `panle` | Did you mean `panel`?",
        "policies.panel.env.values.KEY.secret | there is no secret `keyy` | Did you mean `key`?"
      ]
    )
  })

  it("a circle is told once, with its way", () => {
    const dependsOn = (name: string) => ({ dependsOn: { [name]: "healthy" } })
    assert.deepStrictEqual(
      said({ daemons: { a: dependsOn("b"), b: dependsOn("c"), c: dependsOn("b"), d: dependsOn("d") } }),
      [
        "daemons.c.dependsOn.b | it would wait for itself: b → c → b | Take one of these away",
        "daemons.d.dependsOn.d | it would wait for itself: d → d | Take one of these away"
      ]
    )
  })

  it.each([[null], [[]], [{ daemons: [1] }], [{ daemons: { a: 5, b: { dependsOn: "a" } }, tokens: "x" }]])(
    "nothing is said of %j, which the schema refuses",
    (config) => {
      assert.deepStrictEqual(said(config), [])
    }
  )
})
