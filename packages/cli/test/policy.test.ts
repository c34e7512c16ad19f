import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { withCli } from "./harness.ts"

const good = '{\n  "subject": "x",\n  "commands": [\n    { "command": "git", "args": [["status"]] }\n  ]\n}'

describe("policy check", () => {
  it("points at five different mistakes at once, and at what only the broker finds", () =>
    withCli(
      {
        "bad.json": `{
  // no subject
  "comands": [],
  "commands": [{ "command": "git" "args": [["log", { "mach": "x" }]] }],
  "observe": "alll",
  "expires": "soon",
  "kill": "all", "kill": "own"
}`,
        "expression.json": '{ "subject": "x",\n "commands": [{ "command": "git", "args": [[{ "match": "(" }]] }] }',
        "good.json": good
      },
      (cli) =>
        Effect.gen(function* () {
          const { exit, stdout, stderr } = yield* cli.run([
            "policy",
            "check",
            "bad.json",
            "expression.json",
            "good.json"
          ])
          assert.deepStrictEqual(exit, { _tag: "Exited", code: 78 })
          assert.strictEqual(stdout, "good.json: nothing is wrong with it\n")
          assert.deepStrictEqual(stderr.trimEnd().split("\n"), [
            "bad.json:1:1: subject: `subject` is missing",
            "bad.json:3:3: comands: there is no field `comands`. Did you mean `commands`?",
            "bad.json:4:35: this is no JSON: comma expected",
            "bad.json:4:54: commands[0].args[0][1].mach: there is no field `mach`. Did you mean `match`?",
            'bad.json:5:14: observe: expected "own", "all". Did you mean `all`?',
            'bad.json:6:14: expires: expected a duration such as "90 seconds" or "8 hours"',
            "bad.json:7:18: kill: `kill` is there twice. Take one of them away",
            "expression.json:2:45: commands[0].args[0][0]: not a regular expression of RE2: error parsing regexp: missing closing ): `(`"
          ])
        })
    ))

  it("warns of what grants more than it seems to, and fails for that if it is asked to be strict", () =>
    withCli({ "p.json": '{ "subject": "x",\n "commands": [{ "command": "sh", "args": true }] }' }, (cli) =>
      Effect.gen(function* () {
        const { exit, stdout } = yield* cli.run(["policy", "check", "p.json"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
        assert.match(stdout, /^warning: p\.json:2:42: commands\[0\]\.args: its arguments are free/)
        const strict = yield* cli.run(["policy", "check", "--strict", "p.json", "--json"])
        assert.deepStrictEqual(strict.exit, { _tag: "Exited", code: 1 })
        const { warnings } = JSON.parse(strict.stdout)
        assert.deepStrictEqual([warnings[0].line, warnings[0].path], [2, "commands[0].args"])
      })
    ))

  it("says mistakes as data, too", () =>
    withCli({ "p.json": "{}" }, (cli) =>
      Effect.gen(function* () {
        const { stderr } = yield* cli.run(["policy", "check", "--json", "p.json"])
        const { error } = JSON.parse(stderr)
        assert.deepStrictEqual(error.mistakes, [
          { file: "p.json", line: 1, column: 1, path: "subject", problem: "`subject` is missing" }
        ])
        assert.strictEqual(error.exitCode, 78)
      })
    ))

  it("says of a file that is not there that it is not", () =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const { exit, stderr } = yield* cli.run(["policy", "check", "none.json"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 78 })
        assert.strictEqual(stderr, "There is no file none.json.\n")
      })
    ))
})

describe("policy explain", () => {
  it("says by which rule a command is allowed, and what would run", () =>
    withCli({ "p.json": good }, (cli) =>
      Effect.gen(function* () {
        const { exit, stdout } = yield* cli.run(["policy", "explain", "p.json", "--", "git", "status"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
        assert.match(
          stdout,
          /^Allowed by commands\[0\] \(p\.json:4:5\)\.\nfile {2}\/.*git\nargv {2}"git" "status"\ncwd/
        )
      })
    ))

  it("says why it is denied, and where", () =>
    withCli({ "p.json": good }, (cli) =>
      Effect.gen(function* () {
        const { exit, stdout } = yield* cli.run(["policy", "explain", "p.json", "--", "git", "push", "--force"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 77 })
        assert.match(stdout, /^Denied \(p\.json:4:33\)\. .*git push --force/)
        const data = yield* cli.run(["policy", "explain", "--json", "p.json", "--", "git", "push"])
        assert.deepStrictEqual([JSON.parse(data.stdout)._tag, data.stderr], ["Denied", ""])
      })
    ))
})
