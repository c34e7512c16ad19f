import { assert, describe, it } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import { spawnbroker } from "../src/spawnbroker.ts"
import { withCli } from "./harness.ts"

const { subcommands } = Completions.fromCommand(spawnbroker)

describe("the command", () => {
  it.each(["bash", "zsh", "fish"])("has completions for %s, of every subcommand", (shell) =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const { stdout, exit } = yield* cli.run(["completions", shell])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
        for (const { name } of subcommands) assert.include(stdout, name)
      })
    )
  )

  it.each(subcommands.map(({ name }) => name))("%s has help", (name) =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const { stdout, exit } = yield* cli.run([name, "--help"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
        assert.match(stdout, /^DESCRIPTION\n {2}[A-Z].+\.\n\nUSAGE\n {2}spawnbroker /)
      })
    )
  )

  it.each([
    ["a subcommand that there is not", ["pss"], /Unknown subcommand "pss"[^]*ps/],
    ["a flag that there is not", ["ps", "--al"], /Unrecognized flag: --al[^]*--all/],
    ["a signal that there is not", ["kill", "-s", "TERM", "web"], /TERM/]
  ] as const)("is told of %s, with what was meant", (_what, args, words) =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const { stderr, stdout, exit } = yield* cli.run(args)
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 2 })
        assert.match(stderr + stdout, words)
      })
    )
  )

  it("says where there is no project", () =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const { stderr, exit } = yield* cli.run(["ps"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 78 })
        assert.match(stderr, /^There is no spawnbroker\.config\.json or spawnbroker\.config\.ts here or above\./)
      })
    ))

  it("ends quietly where nobody reads what it says", () =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const help = yield* cli.spawn(["--help"], { stdout: "ignore", stdin: "ignore" })
        assert.deepStrictEqual(yield* help.exit, { _tag: "Exited", code: 0 })
      }).pipe(Effect.scoped)
    ))
})
