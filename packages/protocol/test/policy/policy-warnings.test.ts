import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { file, withList } from "../../scripts/generate-dangerous-programs.ts"
import { dangerousPrograms } from "../../src/policy/dangerous-programs.ts"
import { expressionBeginnings } from "../../src/policy/expression-beginnings.ts"
import type { CommandGrant, Policy } from "../../src/policy/Policy.ts"
import { policyWarnings } from "../../src/policy/policy-warnings.ts"

type Args = CommandGrant["args"]
type Patterns = Exclude<Args, true | undefined>[number]

const check = (command: string, args?: Args) =>
  policyWarnings({ subject: "x", commands: [{ command, ...(args !== undefined && { args }) }] })

const options = { rest: true, options: true } as const

/** Granted so, a program runs what the client says; granted as the twin says, it does not. */
const rows: ReadonlyArray<readonly [command: string, loose: Patterns, at: string, twin: Patterns]> = [
  ["sh", ["-c", { match: ".*" }], "[1]", ["/srv/build.sh", { rest: true }]],
  ["bash", ["-x"], "none", ["-x", "/srv/build.sh", options]],
  ["dash", [], "", ["/srv/build.sh"]],
  ["zsh", ["-"], "", ["--version"]],
  ["node", [{ rest: true }], "[0]", ["build.js", options]],
  ["node", [{ match: "[\\w./]+" }], "[0]", [{ match: "scripts/\\w+\\.js" }, { rest: true }]],
  [
    "node",
    [{ match: "--\\w+=.*", options: true }, "build.js"],
    "[0]",
    [{ match: "--(?:test-reporter|trace-warnings)", options: true }, "build.js"]
  ],
  ["node", ["-r", { match: ".+" }, "build.js"], "[1]", ["-r", "./setup.cjs", "build.js"]],
  ["python3.11", [{ rest: true }], "[0]", ["/srv/report.py", options]],
  ["/usr/local/bin/perl", ["-e", { match: ".+" }], "[1]", ["-ne", "print if /x/", { rest: true }]],
  ["awk", [{ match: ".+" }, "file"], "[0]", ["{ print $1 }", { rest: true }]],
  ["sed", [{ rest: true }], "[0]", ["--sandbox", "s/a/b/", { rest: true }]],
  ["sed", ["-n", "p", { rest: { match: "-e.*|[a-z]+", options: true } }], "[2]", ["-n", "1,10p", { rest: true }]],
  ["env", ["CI=1", { rest: true }], "[1]", ["CI=1", "make", "build"]],
  ["xargs", [{ rest: true }], "[0]", ["-n1", "stat", { rest: { anyOf: ["--printf=%n"] } }]],
  ["timeout", ["10s", { match: "[a-z]+" }], "[1]", ["10s", "git", "status"]],
  ["timeout", ["10", "git", options], "[2]", ["10", "git", "log", { rest: true }]],
  ["nice", ["find", ".", options], "[2]", ["find", ".", "-name", { match: "\\w+" }]],
  ["busybox", ["sh", "-c", { match: ".*" }], "[2]", ["busybox", "--list"]],
  ["find", [".", options], "[1]", [{ match: "src/\\w+" }, "-name", { match: "[\\w.*]+" }]],
  ["find", ["-exec", { match: ".*" }], "[1]", [".", "-exec", "stat", "{}", ";"]],
  [
    "find",
    [".", { match: "-(?:name|exec)", options: true }],
    "[1]",
    [".", { match: "-(?:name|path)", options: true }, { match: "\\w+" }]
  ],
  ["tar", [{ rest: true }], "[0]", ["-czf", "out.tgz", "--", { rest: true }]],
  [
    "tar",
    ["-cf", "out.tar", { rest: { match: "--[a-z-]+(?:=.*)?", options: true } }],
    "[2]",
    ["-cf", "out.tar", { rest: { match: "--exclude=.*", options: true } }]
  ],
  [
    "tar",
    ["-cf", "out.tar", { match: "--check.*", options: true }],
    "[2]",
    ["-cf", "out.tar", { match: "--exclude=\\w+", options: true }]
  ],
  ["git", [{ rest: true }], "[0]", ["log", "--oneline", { rest: true }]],
  ["git", ["log", options], "[1]", ["log", { rest: { anyOf: ["--oneline", "--stat"] } }]],
  ["git", ["-c", { match: ".+" }, "status"], "[1]", ["-c", "core.fsmonitor=false", "status"]],
  ["git", ["submodule", "foreach", { rest: true }], "[1]", ["submodule", "status"]],
  [
    "git",
    ["show", { match: "--format=.*|--output=.*", options: true }],
    "[1]",
    ["show", { match: "--format=.*", options: true }]
  ],
  [
    "git",
    ["fetch", { match: "--upload-pa.*", options: true }],
    "[1]",
    ["fetch", { match: "--(?:depth|jobs)=\\d+", options: true }]
  ],
  ["make", [{ rest: true }], "[0]", [{ match: "build|test" }]],
  ["npm", ["run", { match: ".+" }], "[1]", ["run", "build"]],
  ["rsync", ["-a", options], "[1]", ["-a", { rest: true }]],
  ["rsync", ["-a", "-e", { match: ".+" }], "[2]", ["-a", "-e", "ssh", { rest: true }]],
  ["sort", [options], "[0]", ["-n", { rest: true }]],
  ["ssh", [{ match: ".+" }], "[0]", ["build.example.org", "uptime"]],
  ["zip", ["out.zip", options], "[1]", ["-r", "out.zip", { rest: true }]],
  ["curl", [options], "[0]", ["-sS", { match: "https://example\\.org/.*" }]],
  ["tcpdump", [options], "[0]", ["-n", "-i", "eth0", { rest: true }]],
  ["vim", [{ rest: true }], "[0]", ["--version"]],
  ["docker", ["run", { rest: true }], "[1]", ["ps"]],
  ["openssl", ["engine", { rest: true }], "[1]", ["dgst", "-sha256", { rest: true }]]
]

describe("policy warnings", () => {
  it("know each program once", () => {
    const names = dangerousPrograms.flatMap((program) => program.names)
    assert.deepStrictEqual(names, [...new Set(names)])
    assert.isAbove(names.length, 250)
  })

  for (const { names, options: dangerous, operands, endsOptions } of dangerousPrograms) {
    it(`are there for ${names.join(", ")} with free arguments, and not with fixed ones`, () => {
      for (const name of names) {
        for (const command of [name, `/opt/bin/${name}`]) {
          const [free] = check(command, true)
          assert.deepInclude(free, { place: "commands[0].args", program: command })
          assert.isAbove(free!.instead.length, 10)
          if (dangerous.length > 0) assert.lengthOf(check(command, [["a"], [options]]), 1)
          if (operands !== "none") assert.lengthOf(check(command, [[{ rest: true }]]), 1)
          for (const option of dangerous) {
            const match = option.replaceAll(/[.\\]/g, "\\$&")
            assert.lengthOf(check(command, [[...(endsOptions ? [] : ["a"]), { match, options: true }]]), 1, option)
            assert.lengthOf(check(command, [[option, { match: ".+" }]]), 1, option)
          }
          assert.deepStrictEqual(check(command, [["--version"], ["--help"]]), [])
        }
      }
    })
  }

  for (const [command, loose, at, twin] of rows) {
    if (at !== "none") {
      it(`are there for ${command} ${JSON.stringify(loose)}`, () => {
        const found = check(command, [["--version"], loose])
        assert.deepStrictEqual(
          found.map(({ place }) => place),
          [`commands[0].args[1]${at}`]
        )
      })
    }
    it(`are not there for ${command} ${JSON.stringify(twin)}`, () => {
      assert.deepStrictEqual(check(command, [["--version"], twin]), [])
    })
  }

  it("are there for a program that reads its input, granted without arguments", () => {
    assert.deepInclude(check("python3")[0], { place: "commands[0].args" })
    assert.deepStrictEqual(check("find"), [])
    assert.deepStrictEqual(check("git"), [])
  })

  it("are not there for what is not known", () => {
    assert.deepStrictEqual(check("cat", true), [])
    assert.deepStrictEqual(check("gitk-of-ours", true), [])
  })

  it("are there for a shell, and for variables that change programs", () => {
    const policy: Policy = {
      subject: "x",
      shell: true,
      env: { set: ["CI", "LD_PRELOAD", "APP_*", "GIT_SSH_COMMAND", "LD_*", "*"], inherit: ["PATH"] }
    }
    assert.deepStrictEqual(
      policyWarnings(policy).map(({ place, program }) => [place, program]),
      [
        ["shell", "shell"],
        ["env.set[1]", "LD_PRELOAD"],
        ["env.set[3]", "GIT_SSH_COMMAND"],
        ["env.set[5]", "*"]
      ]
    )
    assert.deepStrictEqual(policyWarnings({ subject: "x", shell: false, env: {} }), [])
  })

  it("run no expression", () => {
    const match = `${"(a+)+".repeat(60)}$`
    assert.isArray(
      check("git", [
        ["log", { match, options: true }],
        [{ rest: { match: `${"(a|".repeat(300)}b${")".repeat(300)}` } }]
      ])
    )
  })
})

/** What an expression is certain to begin with. An end in `…`: something follows. */
const beginnings: ReadonlyArray<readonly [source: string, texts: ReadonlyArray<string>]> = [
  ["abc", ["abc"]],
  ["--format=.*", ["--format=…"]],
  ["a|b", ["a", "b"]],
  ["--(?:short|long=.*)", ["--short", "--long=…"]],
  ["(a|b)(c|d)e", ["ace", "ade", "bce", "bde"]],
  ["(a|b)?c", ["…"]],
  ["ab?c", ["a…"]],
  ["ab*", ["a…"]],
  ["ab+c", ["ab…"]],
  ["(ab)+", ["ab…"]],
  ["a{2}", ["…"]],
  ["a\\.b", ["a.b"]],
  ["a\\d", ["a…"]],
  ["[ab]c", ["…"]],
  ["x[|]y|z", ["x…", "z"]],
  ["(?i)abc", ["…"]],
  ["(?:[ab)]|c)", ["…"]],
  ["\\Qa|b\\E", ["…"]],
  ["^a|b$", ["…", "b…"]],
  ["[\\]|a", ["…"]]
]

describe("the beginnings of an expression", () => {
  for (const [source, texts] of beginnings) {
    it(`${source} are ${texts.join(" and ")}`, () => {
      const found = expressionBeginnings(source).map(({ text, isWhole }) => (isWhole ? text : `${text}…`))
      assert.deepStrictEqual([...new Set(found)], texts)
    })
  }
})

describe("docs/guide/dangerous-programs.md", () => {
  it("has the list (`pnpm --filter @spawnbroker/protocol generate:dangerous-programs` writes it)", () => {
    const page = readFileSync(file, "utf8")
    assert.strictEqual(page, withList(page))
    assert.include(page, "### git")
  })
})
