import { assert, describe, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { daemon, eventually, steadyDaemon, withCli } from "./harness.ts"

/** A history of a few processes, whose broker has ended. */
const write = (file: string) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ history: { file }, policyWarnings: "ignore" })
    const token = yield* broker.mint({
      subject: "panel",
      commands: [{ command: "sh", args: true }, { command: "true" }],
      history: { output: 1000 }
    })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    yield* client.run("true")
    yield* client.run("sh", ["-c", "echo out; printf '\\033]0;title\\007error: 7\\n' >&2; exit 7"])
    yield* Effect.flip(client.run("rm"))
  }).pipe(Effect.scoped)

/** Each command is a process of its own, and some of these tests have several. */
const PATIENCE_MS = 180_000

const rows = (stdout: string): ReadonlyArray<any> =>
  stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

describe("history", () => {
  it(
    "shows what has run, as it is asked for",
    () =>
      withCli({}, (cli) =>
        Effect.gen(function* () {
          const file = join(cli.place.path, "history.db")
          yield* write(file)
          const ask = (...args: ReadonlyArray<string>) => cli.run(["history", "--file", file, ...args])
          const commands = (...args: ReadonlyArray<string>) =>
            Effect.map(ask("--json", ...args), ({ stdout }) => rows(stdout).map(({ command }) => command))
          assert.deepStrictEqual(yield* commands(), ["sh", "true"])
          assert.deepStrictEqual(yield* commands("-n", "1", "--exit", "success", "--since", "1 hour"), ["true"])
          assert.deepStrictEqual(yield* commands("--matches", "ERROR: \\d", "-i", "--exit", "7"), ["sh"])
          const { stdout } = yield* ask("--contains", "error")
          assert.match(
            stdout,
            /^ID +STARTED +FOR +ENDED +SUBJECT +COMMAND\np-[0-9a-f]{24} .* exit code 7 +panel +sh -c /
          )
          assert.notInclude(stdout, "\u001b")
          const denied = yield* ask("--facts")
          assert.match(denied.stdout, /PermissionDenied {2}subject=panel .*command=rm/)
        })
      ),
    PATIENCE_MS
  )

  it(
    "gives what is kept of an output on the streams that it came from",
    () =>
      withCli({}, (cli) =>
        Effect.gen(function* () {
          const file = join(cli.place.path, "history.db")
          yield* write(file)
          const { stdout: record } = yield* cli.run(["history", "--file", file, "--json", "--command", "sh"])
          const output = yield* cli.run(["history", "--file", file, "--output", rows(record)[0].id])
          assert.strictEqual(output.stdout, "out\n")
          assert.strictEqual(output.stderr, "\u001b]0;title\u0007error: 7\n")
        })
      ),
    PATIENCE_MS
  )

  it.each([
    [["--exit", "sometimes"], 2, /--exit/],
    [["--since", "yesterday-ish"], 2, /--since/],
    [["--matches", "("], 1, /Unterminated group/],
    [["--file", "none.db"], 2, /--file/]
  ] as const)("says what is wrong with %s", (args, code, words) =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const file = join(cli.place.path, "history.db")
        yield* write(file)
        const { stderr, exit } = yield* cli.run(["history", "--file", file, ...args])
        assert.deepStrictEqual(exit, { _tag: "Exited", code })
        assert.match(stderr, words)
      })
    )
  )

  it(
    "has the daemons of a project that is up, and of one that was, unless that says otherwise",
    () =>
      withCli(
        { "steady.mjs": steadyDaemon, "spawnbroker.config.json": { name: "one", daemons: { web: daemon("web") } } },
        (cli) =>
          Effect.gen(function* () {
            yield* cli.run(["up", "-d", "--wait"])
            const read = Effect.orDie(cli.run(["history", "--json"]))
            const { stdout } = yield* eventually("it is there", read, (seen) => seen.stdout !== "")
            assert.deepInclude(rows(stdout)[0], { subject: "project:one", operation: "daemon", state: "running" })
            yield* cli.run(["down"])
            const after = yield* cli.run(["history", "--json"])
            assert.deepInclude(rows(after.stdout)[0], { state: "closed", exit: { _tag: "Exited", code: 0 } })
          })
      ),
    PATIENCE_MS
  )

  it(
    "has none of a project that wants none",
    () =>
      withCli(
        {
          "steady.mjs": steadyDaemon,
          "spawnbroker.config.json": { name: "one", history: false, daemons: { web: daemon("web") } }
        },
        (cli) =>
          Effect.gen(function* () {
            yield* cli.run(["up", "-d", "--wait"])
            yield* cli.run(["down"])
            assert.isFalse(existsSync(join(cli.place.path, ".local/state/spawnbroker/history.db")))
          })
      ),
    PATIENCE_MS
  )
})
