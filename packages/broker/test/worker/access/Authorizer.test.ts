import { assert, describe, it } from "@effect/vitest"
import { type Policy, spawnDefaults, type SpawnSpec } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { realpathSync } from "node:fs"
import { authorize, type Authorized, type AuthorizeError } from "../../../src/worker/access/Authorizer.ts"
import type { Host } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { makeScratch, type Scratch } from "./scratch.ts"

/** A host whose PATH is `bin` of the scratch, and whose directory is `work`. */
const hostOf = (scratch: Scratch): Host => ({
  env: { PATH: scratch.path("bin") },
  cwd: scratch.directory("work"),
  secrets: {}
})

const decide = (
  scratch: Scratch,
  policy: Partial<Policy>,
  spec: Partial<SpawnSpec>
): Result.Result<Authorized, AuthorizeError> => {
  const host = hostOf(scratch)
  const grant = Result.getOrThrow(parsePolicy({ subject: "test", ...policy }, host))
  return authorize(grant, host, { ...spawnDefaults, command: "tool", ...spec })
}

const allowed = (scratch: Scratch, policy: Partial<Policy>, spec: Partial<SpawnSpec>): Authorized =>
  Result.getOrThrow(decide(scratch, policy, spec))

const refused = (scratch: Scratch, policy: Partial<Policy>, spec: Partial<SpawnSpec>): AuthorizeError => {
  const decided = decide(scratch, policy, spec)
  assert.isTrue(Result.isFailure(decided), `allowed: ${JSON.stringify(spec).slice(0, 200)}`)
  return Result.isFailure(decided) ? decided.failure : assert.fail("unreachable")
}

const ruleOf = (error: AuthorizeError): string => (error._tag === "PermissionDenied" ? error.rule : error._tag)
const any = (command: string): Pick<Policy, "commands"> => ({ commands: [{ command, args: true }] })

describe("a slip of the fingers", () => {
  const nearest = (error: AuthorizeError): unknown => ("nearest" in error ? error.nearest : undefined)

  it("in a command that is not granted is told the one that is", () => {
    const scratch = makeScratch()
    scratch.file("bin/git")
    const error = refused(scratch, any("git"), { command: "gti" })
    assert.deepInclude(error, { _tag: "PermissionDenied", nearest: "git" })
    assert.include(error.message, "Did you mean git?")
  })

  it("is told nothing that the client may not know: what is there and not granted, a path, what is denied", () => {
    const scratch = makeScratch()
    scratch.file("bin/git")
    scratch.file("bin/gitx")
    for (const policy of [{}, any("cat"), any(scratch.path("bin/git")), { ...any("git"), deny: ["git"] }]) {
      const error = refused(scratch, policy, { command: "gti" })
      assert.strictEqual(error._tag, "PermissionDenied")
      assert.isUndefined(nearest(error))
      assert.notInclude(error.message, "Did you mean")
    }
    assert.isUndefined(nearest(refused(scratch, any("git"), { command: "/bin/gti" })))
  })

  it("in a command that is granted and not there is told the nearest one that can be run", () => {
    const scratch = makeScratch()
    scratch.file("bin/toolx", 0o644)
    scratch.directory("bin/toola")
    scratch.file("bin/toolbox")
    assert.isUndefined(nearest(refused(scratch, any("tool"), {})))
    scratch.file("bin2/tools")
    const env = { values: { PATH: `${scratch.path("bin")}:${scratch.path("bin2")}` } }
    const error = refused(scratch, { ...any("tool"), env }, {})
    assert.deepInclude(error, { _tag: "NotFound", nearest: "tools" })
    assert.isUndefined(nearest(refused(scratch, { ...any("tool"), env, deny: ["tools"] }, {})))
    assert.isUndefined(nearest(refused(scratch, any("/bin/tol"), { command: "/bin/tol" })))
  })
})

describe("what may run", () => {
  it("is nothing under an empty policy", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    for (const command of ["tool", scratch.path("bin/tool"), "none"]) {
      assert.strictEqual(ruleOf(refused(scratch, {}, { command })), "commands")
      assert.strictEqual(ruleOf(refused(scratch, { commands: [] }, { command })), "commands")
    }
  })

  it("is the resolved file, under its own name", () => {
    const scratch = makeScratch()
    const real = scratch.file("lib/tool-1.2")
    scratch.link("bin/tool", real)
    const { request, rules } = allowed(scratch, any("tool"), { args: ["a"] })
    assert.strictEqual(request.file, real)
    assert.strictEqual(request.argv0, "tool")
    assert.deepStrictEqual(rules, [{ subject: "test", rule: "commands[0]" }])
  })

  it("may be named by its path where its name is granted, and by its name where its path is", () => {
    const scratch = makeScratch()
    const path = scratch.file("bin/tool")
    assert.strictEqual(allowed(scratch, any("tool"), { command: path }).request.file, path)
    assert.strictEqual(allowed(scratch, any(path), { command: "tool" }).request.file, path)
  })

  it("is not a file of the same name elsewhere", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    scratch.file("work/tool")
    const elsewhere = scratch.file("other/tool")
    for (const command of [elsewhere, "./tool", "../other/tool", "../bin/../other/tool"]) {
      assert.strictEqual(ruleOf(refused(scratch, any("tool"), { command })), "commands", command)
    }
  })

  it("is not what a link of the client leads to, under another name", () => {
    const scratch = makeScratch()
    const real = scratch.file("bin/tool")
    scratch.link("work/alias", real)
    assert.strictEqual(ruleOf(refused(scratch, any("tool"), { command: "./alias" })), "commands")
  })

  it("of a program of many names is the granted name alone", () => {
    const scratch = makeScratch()
    const busybox = scratch.file("lib/busybox")
    for (const name of ["ls", "sh", "rm"]) scratch.link(`bin/${name}`, busybox)
    assert.strictEqual(allowed(scratch, any("ls"), { command: "ls" }).request.argv0, "ls")
    for (const command of ["sh", "rm", scratch.path("bin/sh"), "busybox", busybox]) {
      assert.strictEqual(ruleOf(refused(scratch, any("ls"), { command })), "commands", command)
    }
  })

  it("never has a name of the client's making", () => {
    const scratch = makeScratch()
    const path = scratch.file("bin/tool")
    for (const command of ["-/../../bin/tool", "-sh/../../bin/tool", "./../bin/tool", `${path}/.`, `${path}/x/..`]) {
      const decided = decide(scratch, any(path), { command })
      if (Result.isSuccess(decided)) assert.strictEqual(decided.success.request.argv0, path, command)
    }
  })

  it("is found by the PATH of the policy, whatever PATH the client sets", () => {
    const scratch = makeScratch()
    const good = scratch.file("bin/tool")
    scratch.file("evil/tool")
    const policy = { ...any("tool"), env: { set: ["PATH"] } }
    const { request } = allowed(scratch, policy, { env: { PATH: scratch.path("evil") } })
    assert.strictEqual(request.file, good)
    assert.strictEqual(request.env["PATH"], scratch.path("evil"))
  })

  it("is decided at each spawn: what was put in the place of a program afterwards is what runs, or nothing", () => {
    const scratch = makeScratch()
    assert.strictEqual(refused(scratch, any("tool"), {})._tag, "NotFound")
    scratch.file("bin/tool", 0o644)
    const error = refused(scratch, any("tool"), {})
    assert.strictEqual(error._tag === "SpawnFailed" && error.errno, "EACCES")
  })

  it("is refused the same whether it is there or not, so that nobody can ask what is installed", () => {
    const scratch = makeScratch()
    scratch.file("bin/secret")
    const there = refused(scratch, any("tool"), { command: "secret" })
    const absent = refused(scratch, any("tool"), { command: "absent" })
    assert.strictEqual(there.message.replace("secret", "absent"), absent.message)
  })

  it("names where it was searched only if it is granted", () => {
    const scratch = makeScratch()
    const error = refused(scratch, any("tool"), {})
    assert.deepStrictEqual(error._tag === "NotFound" && error.searched, [scratch.path("bin")])
  })
})

describe("arguments", () => {
  it("are none where none are granted", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    const policy = { commands: [{ command: "tool" }] }
    allowed(scratch, policy, { args: [] })
    for (const args of [[""], ["--help"], ["a", "b"]])
      assert.strictEqual(ruleOf(refused(scratch, policy, { args })), "commands[0].args")
  })

  it("fit one of the alternatives whole, not two in parts", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    const policy = { commands: [{ command: "tool", args: [["get", { match: "[a-z]+" }], ["list"]] }] }
    allowed(scratch, policy, { args: ["get", "x"] })
    allowed(scratch, policy, { args: ["list"] })
    for (const args of [[], ["get"], ["list", "x"], ["get", "x", "list"], ["x"]]) refused(scratch, policy, { args })
  })

  it("fit a grant of the same command, if one of several does", () => {
    const scratch = makeScratch()
    const path = scratch.file("bin/tool")
    const commands = [
      { command: "tool", args: [["a"]] },
      { command: path, args: [["b"]] }
    ]
    assert.strictEqual(allowed(scratch, { commands }, { args: ["b"] }).rules[0]?.rule, "commands[1]")
    assert.strictEqual(ruleOf(refused(scratch, { commands }, { args: ["c"] })), "commands[0].args")
  })

  it("of an empty list of alternatives fit nothing", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    for (const args of [[], ["a"]]) refused(scratch, { commands: [{ command: "tool", args: [] }] }, { args })
  })

  it("that no kernel takes are E2BIG, before anything is sent anywhere", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    const long = "x".repeat(131_072)
    for (const args of [[long], ["a", long, "b"], Array.from({ length: 65_000 }, () => "x".repeat(100))]) {
      const error = refused(scratch, any("tool"), { args })
      assert.strictEqual(error._tag === "SpawnFailed" && error.errno, "E2BIG")
    }
    allowed(scratch, any("tool"), { args: [long.slice(1)] })
  })
})

describe("deny", () => {
  const policy = {
    commands: [
      { command: "tool", args: true as const },
      { command: "alias", args: true as const }
    ],
    deny: ["tool"]
  }

  it("wins over a grant, by name, by path and through a link", () => {
    const scratch = makeScratch()
    const real = scratch.file("bin/tool")
    scratch.link("bin/alias", real)
    for (const command of ["tool", real, "alias", scratch.path("bin/alias"), "../bin/tool"]) {
      assert.strictEqual(ruleOf(refused(scratch, policy, { command })), "deny[0]", command)
    }
  })

  it("of a path reaches the name, and every link to the file", () => {
    const scratch = makeScratch()
    const real = scratch.file("lib/tool-1")
    scratch.link("bin/tool", real)
    scratch.link("bin/alias", scratch.path("bin/tool"))
    for (const deny of [real, scratch.path("bin/tool"), "tool", "alias"]) {
      for (const command of ["tool", "alias"]) {
        assert.strictEqual(
          ruleOf(refused(scratch, { ...policy, deny: [deny] }, { command })),
          "deny[0]",
          `${deny} ${command}`
        )
      }
    }
  })

  it("reaches a file of the denied name anywhere", () => {
    const scratch = makeScratch()
    const elsewhere = scratch.file("other/tool")
    assert.strictEqual(
      ruleOf(refused(scratch, { ...any(elsewhere), deny: ["tool"] }, { command: elsewhere })),
      "deny[0]"
    )
    scratch.link("bin/alias", elsewhere)
    assert.strictEqual(ruleOf(refused(scratch, policy, { command: "alias" })), "deny[0]")
  })

  it("holds where the denied command is not installed", () => {
    const scratch = makeScratch()
    assert.strictEqual(ruleOf(refused(scratch, policy, { command: "tool" })), "deny[0]")
  })

  it("leaves others alone", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    scratch.file("bin/alias")
    allowed(scratch, policy, { command: "alias" })
  })
})

describe("the working directory", () => {
  const at = (scratch: Scratch, cwd: ReadonlyArray<string> | undefined, dir: string | undefined) => {
    scratch.file("bin/tool")
    return decide(scratch, { ...any("tool"), ...(cwd && { cwd }) }, dir === undefined ? {} : { cwd: dir })
  }
  const outcome = (scratch: Scratch, cwd: ReadonlyArray<string> | undefined, dir: string | undefined): string => {
    const decided = at(scratch, cwd, dir)
    return Result.isSuccess(decided) ? decided.success.request.cwd : ruleOf(decided.failure)
  }

  it("is the broker's own, and below it, without a grant", () => {
    const scratch = makeScratch()
    const below = scratch.directory("work/below")
    assert.strictEqual(outcome(scratch, undefined, undefined), scratch.path("work"))
    assert.strictEqual(outcome(scratch, undefined, "below"), below)
    for (const dir of ["..", "/", scratch.root, "../work2"])
      assert.strictEqual(outcome(scratch, undefined, dir), "cwd", dir)
  })

  it("is nowhere under an empty list of roots", () => {
    const scratch = makeScratch()
    assert.strictEqual(outcome(scratch, [], undefined), "cwd")
  })

  it("is in or under a root, however it is written", () => {
    const scratch = makeScratch()
    const [root, below] = [scratch.directory("a"), scratch.directory("a/b")]
    for (const dir of [root, `${root}/`, `${root}//`, `${root}/.`, `${below}/..`, "../a", "../a/b/../"]) {
      assert.strictEqual(outcome(scratch, [root], dir), root, dir)
    }
    assert.strictEqual(outcome(scratch, [`${root}/`], below), below)
    assert.strictEqual(outcome(scratch, ["/"], below), below)
  })

  it("is not a directory whose name only begins like a root", () => {
    const scratch = makeScratch()
    const [root, prefix] = [scratch.directory("a"), scratch.directory("ab")]
    for (const dir of [prefix, `${root}/../ab`, `${prefix}/`])
      assert.strictEqual(outcome(scratch, [root], dir), "cwd", dir)
  })

  it("is not what lies behind a link or two dots out of the root", () => {
    const scratch = makeScratch()
    const [root, outside] = [scratch.directory("a"), scratch.directory("outside/deep")]
    scratch.link("a/link", outside)
    scratch.link("a/up", "..")
    for (const dir of [
      `${root}/link`,
      `${root}/link/`,
      `${root}/up`,
      `${root}/up/outside`,
      `${root}/..`,
      "/etc",
      "/"
    ]) {
      assert.strictEqual(outcome(scratch, [root], dir), "cwd", dir)
    }
  })

  it("is the real directory where a link leads back into the root", () => {
    const scratch = makeScratch()
    const below = scratch.directory("a/b")
    scratch.link("a/link", below)
    scratch.link("entry", scratch.path("a"))
    assert.strictEqual(outcome(scratch, [scratch.path("a")], scratch.path("a/link")), below)
    assert.strictEqual(outcome(scratch, [scratch.path("entry")], below), below)
    assert.strictEqual(outcome(scratch, [scratch.path("a")], scratch.path("entry/b")), below)
  })

  it("that does not exist is told only to who might run there", () => {
    const scratch = makeScratch()
    const root = scratch.directory("a")
    assert.strictEqual(outcome(scratch, [root], `${root}/none`), "NotFound")
    assert.strictEqual(outcome(scratch, [root], `${root}/../none`), "cwd")
    assert.strictEqual(outcome(scratch, [root], "/none"), "cwd")
  })

  it("behind a link out of the root is refused the same whether it exists or not", () => {
    const scratch = makeScratch()
    const root = scratch.directory("a")
    scratch.directory("outside/there")
    scratch.link("a/link", scratch.path("outside"))
    assert.strictEqual(outcome(scratch, [root], `${root}/link/there`), "cwd")
    assert.strictEqual(outcome(scratch, [root], `${root}/link/absent`), "cwd")
  })

  it("is a directory", () => {
    const scratch = makeScratch()
    const file = scratch.file("a/file")
    assert.strictEqual(outcome(scratch, [scratch.path("a")], file), "InvalidArgument")
    scratch.link("a/loop", scratch.path("a/loop"))
    assert.include(["NotFound", "cwd"], outcome(scratch, [scratch.path("a")], scratch.path("a/loop")))
  })

  it("expands nothing", () => {
    const scratch = makeScratch()
    for (const dir of ["~", "~root", "$HOME", "*", "%HOME%"])
      assert.strictEqual(outcome(scratch, undefined, dir), "NotFound")
  })

  it("decides before the command does", () => {
    const scratch = makeScratch()
    assert.strictEqual(ruleOf(refused(scratch, {}, { cwd: "/" })), "cwd")
  })
})

describe("standard streams and variables", () => {
  it("of the host are inherited only where the policy says so", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    for (const stream of ["stdin", "stdout", "stderr"] as const) {
      const spec = { [stream]: "inherit" as const }
      assert.strictEqual(ruleOf(refused(scratch, any("tool"), spec)), "stdio.inherit")
      assert.strictEqual(ruleOf(refused(scratch, { ...any("tool"), stdio: { inherit: false } }, spec)), "stdio.inherit")
      allowed(scratch, { ...any("tool"), stdio: { inherit: true } }, spec)
    }
  })

  it("that may not be set are named, and their values are not", () => {
    const scratch = makeScratch()
    scratch.file("bin/tool")
    const error = refused(scratch, any("tool"), { env: { TOKEN: "hunter2" } })
    assert.strictEqual(ruleOf(error), "env.set")
    assert.include(error.message, "TOKEN")
    assert.notInclude(JSON.stringify(error) + error.message, "hunter2")
  })
})

describe("a policy that is wrong", () => {
  const problem = (policy: Partial<Policy>): string => {
    const parsed = parsePolicy({ subject: "test", ...policy }, { env: {}, cwd: realpathSync("."), secrets: {} })
    return Result.isFailure(parsed) ? parsed.failure.argument : "none"
  }

  it("is refused when it is minted, with the place of the mistake", () => {
    assert.strictEqual(problem({ commands: [{ command: "true" }, { command: "bin/tool" }] }), "commands[1].command")
    assert.strictEqual(
      problem({ commands: [{ command: "a", args: [["x"], ["x", { match: "(" }]] }] }),
      "commands[0].args[1][1]"
    )
    assert.strictEqual(
      problem({ commands: [{ command: "a", args: [[{ rest: true }, "x"]] }] }),
      "commands[0].args[0][0]"
    )
    assert.strictEqual(problem({ cwd: ["/", "relative"] }), "cwd[1]")
    assert.strictEqual(problem({ cwd: ["/does/not/exist"] }), "cwd[0]")
  })

  it("is not one that names a command which is not installed", () => {
    assert.strictEqual(problem({ commands: [{ command: "not-installed-anywhere" }] }), "none")
  })
})
