import { assert, describe, it } from "@effect/vitest"
import { Client } from "@spawnbroker/client"
import { fromSocket } from "@spawnbroker/client/ports"
import { Schema } from "effect"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { readFileSync, statSync, existsSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { placeOf } from "../src/project/ProjectPlace.ts"
import { Answer } from "../src/project/requests.ts"
import { type Cli, daemon, threeDaemons, eventually, waitForLine, withCli } from "./harness.ts"

/** Where the command finds the project of a test. */
const placeIn = ({ place }: Cli) => {
  const { XDG_RUNTIME_DIR } = process.env
  process.env["XDG_RUNTIME_DIR"] = place.runtime
  try {
    return placeOf(join(place.path, "spawnbroker.config.json"))
  } finally {
    if (XDG_RUNTIME_DIR === undefined) delete process.env["XDG_RUNTIME_DIR"]
    else process.env["XDG_RUNTIME_DIR"] = XDG_RUNTIME_DIR
  }
}

const json = (cli: Cli, args: ReadonlyArray<string>) =>
  Effect.map(cli.run([...args, "--json"]), ({ stdout, stderr, exit }) => {
    assert.deepStrictEqual({ stderr, exit }, { stderr: "", exit: { _tag: "Exited", code: 0 } })
    return JSON.parse(stdout)
  })

const states = (cli: Cli) =>
  Effect.map(json(cli, ["ps"]), ({ daemons }) =>
    Object.fromEntries(daemons.map((info: any) => [info.name, info.state]))
  )

const ends = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.flatMap((line) => /\| (\w+) ends/.exec(line)?.[1] ?? [])

describe("a project in the foreground, without a terminal", () => {
  it("says what its daemons say behind their names, and Ctrl-C stops them in reverse order", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        const up = yield* cli.spawn(["up"], { stdin: "ignore" })
        const lines: Array<string> = []
        let isInterrupted = false
        yield* Stream.runForEach(up.stdoutLines, (line) =>
          Effect.suspend(() => {
            lines.push(line)
            if (!/web is healthy/.test(line) || isInterrupted) return Effect.void
            isInterrupted = true
            return up.kill({ signal: "SIGINT" })
          })
        )
        assert.deepStrictEqual(yield* up.exit, { _tag: "Exited", code: 0 })
        const ready = lines.flatMap((line) => /^spawnbroker \| (\w+) is healthy/.exec(line)?.[1] ?? [])
        assert.deepStrictEqual(ready, ["store", "api", "web"])
        assert.deepStrictEqual(ends(lines), ["web", "api", "store"])
        assert.include(lines, "web         | web is ready")
        assert.isFalse(existsSync(placeIn(cli).tokenFile))
      }).pipe(Effect.scoped)
    ))

  it("says all of that as data, too", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        const up = yield* cli.spawn(["up", "--json"], { stdin: "ignore" })
        const events: Array<any> = []
        yield* Stream.runForEach(up.stdoutLines, (line) =>
          Effect.suspend(() => {
            const event = JSON.parse(line)
            events.push(event)
            const isReady = event.daemon?.name === "web" && event.daemon.state === "healthy"
            return isReady ? up.kill({ signal: "SIGTERM" }) : Effect.void
          })
        )
        assert.deepStrictEqual(yield* up.exit, { _tag: "Exited", code: 0 })
        const said = events.filter(({ type }) => type === "line").map(({ name, text }) => [name, text])
        assert.deepStrictEqual(said.slice(-3), [
          ["web", "web ends"],
          ["api", "api ends"],
          ["store", "store ends"]
        ])
      }).pipe(Effect.scoped)
    ))

  it("is coloured where that is asked for", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        const up = yield* cli.spawn(["up"], { stdin: "ignore", env: { FORCE_COLOR: "1" } })
        // oxlint-disable-next-line no-control-regex
        yield* waitForLine(up, /\u001b\[36mweb {9}\| \u001b\[39mweb is ready/)
      }).pipe(Effect.scoped)
    ))

  it("with a daemon that takes no notice is ended at once by a second Ctrl-C", () =>
    withCli(
      {
        ...threeDaemons,
        "spawnbroker.config.json": {
          daemons: { deaf: daemon("deaf", { stop: [{ signal: "SIGTERM", for: "1 hour" }] }, "stubborn.mjs") }
        }
      },
      (cli) =>
        Effect.gen(function* () {
          const up = yield* cli.spawn(["up"], { stdin: "ignore" })
          const interrupt = (fits: RegExp) => (line: string) =>
            fits.test(line) ? up.kill({ signal: "SIGINT" }) : Effect.void
          const [first, second] = [interrupt(/deaf is healthy/), interrupt(/deaf does not listen/)]
          yield* Stream.runForEach(up.stdoutLines, (line) => Effect.andThen(first(line), second(line)))
          assert.deepStrictEqual(yield* up.exit, { _tag: "Exited", code: 0 })
        }).pipe(Effect.scoped)
    ))

  it("tells its health over HTTP where that is asked for", () =>
    withCli(
      { ...threeDaemons, "spawnbroker.config.json": { daemons: { one: daemon("one") }, health: { port: 0 } } },
      (cli) =>
        Effect.gen(function* () {
          const up = yield* cli.spawn(["up"], { stdin: "ignore" })
          let url: string | undefined
          const seen: Array<number> = []
          yield* Stream.runForEach(up.stdoutLines, (line) =>
            Effect.gen(function* () {
              url ??= /told at (http:\/\/127\.0\.0\.1:[0-9]+)\/health$/.exec(line)?.[1]
              if (!/one is healthy/.test(line)) return
              seen.push((yield* Effect.promise(() => fetch(`${url}/ready`))).status)
              yield* up.kill({ signal: "SIGINT" })
            })
          )
          assert.deepStrictEqual(seen, [200])
        }).pipe(Effect.scoped)
    ))

  it("with five different mistakes is not started, and is told where each is", () =>
    withCli(
      {
        "spawnbroker.config.json": `{
  "daemons": {
    "web": {
      "comand": "node",
      "args": "web.js",
      "readiness": { "http": { "port": "80" } },
      "dependsOn": { "stor": "healthy" }
    },
    "store": { "command": "node", "restart": { "policy": "alway" } }
  }
}`
      },
      (cli) =>
        Effect.gen(function* () {
          const expected = [
            "spawnbroker.config.json:4:7: daemons.web.comand: there is no field `comand`. Did you mean `command`?",
            "spawnbroker.config.json:5:15: daemons.web.args: expected array",
            "spawnbroker.config.json:6:40: daemons.web.readiness.http.port: expected number",
            "spawnbroker.config.json:7:22: daemons.web.dependsOn.stor: there is no daemon `stor`. Did you mean `store`?",
            'spawnbroker.config.json:9:58: daemons.store.restart.policy: expected "always", "on-failure", "never". Did you mean `always`?'
          ]
          for (const args of [["up"], ["up", "-d"], ["config", "check"]]) {
            const { exit, stderr } = yield* cli.run(args)
            assert.deepStrictEqual(stderr.trimEnd().split("\n"), expected)
            assert.deepStrictEqual(exit, { _tag: "Exited", code: 78 })
          }
        })
    ))

  it("may be a program, whose mistakes have a path", () =>
    withCli(
      {
        "steady.mjs": threeDaemons["steady.mjs"],
        "spawnbroker.config.ts":
          'const names: ReadonlyArray<string> = ["a", "b"]\nexport default { daemons: Object.fromEntries(names.map((name) => [name, { command: "node", args: ["steady.mjs", name], restart: { polcy: "never" } }])) }'
      },
      (cli) =>
        Effect.gen(function* () {
          const { stderr, exit } = yield* cli.run(["config", "check"])
          assert.deepStrictEqual(exit, { _tag: "Exited", code: 78 })
          assert.deepStrictEqual(
            stderr.trimEnd().split("\n"),
            ["a", "b"].map(
              (name) =>
                `spawnbroker.config.ts: daemons.${name}.restart.polcy: there is no field \`polcy\`. Did you mean \`policy\`?`
            )
          )
        })
    ))
})

describe("a project in the background", () => {
  it("is started, looked at and ended", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        const { pid, failed } = yield* json(cli, ["up", "-d", "--wait"])
        assert.deepStrictEqual(failed, [])
        assert.deepStrictEqual(yield* states(cli), { web: "healthy", api: "healthy", store: "healthy" })

        const again = yield* cli.run(["up", "-d"])
        assert.deepStrictEqual(again.exit, { _tag: "Exited", code: 69 })
        assert.match(again.stderr, /up already/)

        const { stdout } = yield* cli.run(["logs", "web", "store"])
        assert.deepStrictEqual(stdout.trimEnd().split("\n").toSorted(), [
          "store | store is ready",
          "web   | web is ready"
        ])

        const gone = yield* cli.run(["down"])
        assert.deepStrictEqual([gone.stdout, gone.exit], ["The project is down.\n", { _tag: "Exited", code: 0 }])
        yield* eventually(
          "it has ended",
          Effect.sync(() => existsSync(`/proc/${pid}/fd`)),
          (isThere) => !isThere
        )
        assert.deepStrictEqual((yield* cli.run(["ps"])).exit, { _tag: "Exited", code: 69 })
        const said = readFileSync(placeIn(cli).logFile, "utf8").split("\n")
        assert.deepStrictEqual(ends(said).slice(-2), ["api", "store"])
      })
    ))

  it("is changed while it is up", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        yield* cli.run(["up", "-d", "--wait"])
        const before = (yield* json(cli, ["ps", "--all"])).processes.find(({ args }: any) => args[1] === "api")
        yield* cli.run(["restart", "--wait", "api"])
        const after = (yield* json(cli, ["ps"])).daemons.find(({ name }: any) => name === "api")
        assert.strictEqual(after.state, "healthy")
        assert.notStrictEqual(after.replicas[0].pid, before.pid)

        yield* cli.run(["stop", "web"])
        assert.strictEqual((yield* states(cli))["web"], "stopped")
        yield* cli.run(["start", "--wait", "web"])
        assert.strictEqual((yield* states(cli))["web"], "healthy")

        assert.deepStrictEqual((yield* cli.run(["kill", "-s", "SIGKILL", "web"])).exit, { _tag: "Exited", code: 0 })
        assert.deepStrictEqual((yield* cli.run(["kill", "nobody"])).exit, { _tag: "Exited", code: 1 })
      })
    ))

  it("is followed as it goes on", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        yield* cli.run(["up", "-d", "--wait"])
        const logs = yield* cli.spawn(["logs", "-f", "--json", "web"], { stdin: "ignore" })
        yield* waitForLine(logs, /web is ready/)
        yield* cli.run(["restart", "web"])
        const rest = yield* logs.stdoutLines.pipe(Stream.take(2), Stream.runCollect)
        assert.deepStrictEqual(
          rest.map((line) => JSON.parse(line)).map(({ name, text }) => [name, text]),
          [
            ["web", "web ends"],
            ["web", "web is ready"]
          ]
        )
        yield* logs.kill({ signal: "SIGINT" })
        assert.deepStrictEqual(yield* logs.exit, { _tag: "Signaled", signal: "SIGINT" })
      }).pipe(Effect.scoped)
    ))

  it("tells which of its daemons is not ready", () =>
    withCli(
      {
        "spawnbroker.config.json": {
          daemons: { bad: { command: "false", readiness: { log: { match: "." } }, restart: { policy: "never" } } }
        }
      },
      (cli) =>
        Effect.gen(function* () {
          const { exit, stdout } = yield* cli.run(["up", "-d", "--wait"])
          assert.deepStrictEqual(exit, { _tag: "Exited", code: 1 })
          assert.match(stdout, /bad is not ready; see `spawnbroker ps` and `spawnbroker logs bad`/)
          assert.match((yield* cli.run(["ps"])).stdout, /bad +failed .* exit code 1/)
        })
    ))

  it("that was killed leaves nothing in the way of the next", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        const { pid } = yield* json(cli, ["up", "-d", "--wait"])
        process.kill(pid, "SIGKILL")
        const place = placeIn(cli)
        assert.isTrue(existsSync(place.brokerSocket))
        assert.deepStrictEqual((yield* cli.run(["ps"])).exit, { _tag: "Exited", code: 69 })
        yield* json(cli, ["up", "-d", "--wait"])
        assert.strictEqual((yield* states(cli))["web"], "healthy")
      })
    ))

  it("is for its user alone, and for whoever has its token", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        yield* cli.run(["up", "-d"])
        const place = placeIn(cli)
        const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
        assert.deepStrictEqual(
          [place.directory, place.brokerSocket, place.projectSocket, place.tokenFile, place.logFile].map(mode),
          ["700", "600", "600", "600", "600"]
        )
        const down = (token: string) =>
          ask(place.projectSocket, JSON.stringify({ token, request: { _tag: "Down", hurry: true } }))
        assert.deepInclude(yield* down("wrong"), { _tag: "Refused", exitCode: 77 })
        assert.isUndefined(yield* ask(place.projectSocket, "no request"))
        assert.isUndefined(yield* ask(place.projectSocket, "x".repeat(100_000)))
        yield* cli.run(["ps"]).pipe(Effect.map(({ exit }) => assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })))
      })
    ))

  it("mints tokens for others, who reach its broker with them, until they are revoked", () =>
    withCli(threeDaemons, (cli) =>
      Effect.gen(function* () {
        yield* cli.run(["up", "-d"])
        const { token, subject, socket } = yield* json(cli, ["token", "mint", "panel", "--expires", "1 hour"])
        assert.strictEqual(subject, "panel")
        const client = yield* Client.connect(fromSocket(connect(socket)), token)
        assert.strictEqual((yield* client.run("printf", ["%s", "hello"], { cwd: cli.place.path })).stdout, "hello")
        assert.deepStrictEqual(yield* client.daemons.list(), [])
        const denied = yield* Effect.flip(client.run("printf", ["%d", "hello"], { cwd: cli.place.path }))
        assert.strictEqual(denied._tag, "PermissionDenied")
        assert.deepStrictEqual((yield* cli.run(["token", "revoke"], { stdin: `${token}\n` })).exit, {
          _tag: "Exited",
          code: 0
        })
        assert.strictEqual((yield* Effect.flip(client.list()))._tag, "InvalidToken")

        const unknown = yield* cli.run(["token", "mint", "panle"])
        assert.deepStrictEqual(unknown.exit, { _tag: "Exited", code: 78 })
        const file = join(cli.place.path, "panel.token")
        yield* cli.run(["token", "mint", "panel", "--file", file])
        assert.strictEqual((statSync(file).mode & 0o777).toString(8), "600")
        assert.match((yield* cli.run(["token", "mint", "panel", "--file", file])).stderr, /there is one already/)
        assert.deepStrictEqual((yield* cli.run(["token", "revoke", "--file", file])).exit, { _tag: "Exited", code: 0 })
        const wrong = yield* cli.run(["token", "revoke"], { stdin: "sb_0123456789abcdef_nothing" })
        assert.deepStrictEqual(wrong.exit, { _tag: "Exited", code: 77 })
      }).pipe(Effect.scoped)
    ))

  it("gives its daemons secrets that nobody else sees, and writes the tokens that its configuration asks for", () =>
    withCli(
      {
        "show.mjs": 'console.log("is ready with " + process.env.KEY.length); setInterval(() => {}, 1000)',
        key: "s3cret-of-twenty-char",
        "spawnbroker.config.json": {
          daemons: { show: daemon("show", {}, "show.mjs") },
          env: { inherit: ["PATH"], values: { KEY: { secret: "key" } } },
          secrets: { key: { file: "key" } },
          policies: { panel: { observe: "all" } },
          tokens: { panel: { policy: "panel", file: "tokens/panel" } }
        }
      },
      (cli) =>
        Effect.gen(function* () {
          yield* json(cli, ["up", "-d", "--wait"])
          assert.match((yield* cli.run(["logs"])).stdout, /is ready with 21/)
          assert.notInclude((yield* cli.run(["ps", "--all", "--json"])).stdout, "s3cret")
          const file = join(cli.place.path, "tokens/panel")
          const socket = connect(placeIn(cli).brokerSocket)
          const client = yield* Client.connect(fromSocket(socket), readFileSync(file, "utf8").trim())
          assert.lengthOf(yield* client.daemons.list(), 1)
          yield* cli.run(["down", "--now"])
          assert.isFalse(existsSync(file))
        }).pipe(Effect.scoped)
    ))
})

/** Says a line to a socket, and hears the answer, if there is one before it is closed. */
const ask = (path: string, line: string) =>
  Effect.promise(
    () =>
      new Promise<typeof Answer.Type | undefined>((resolve) => {
        let said = ""
        const socket = connect(path, () => socket.write(`${line}\n`))
        socket.on("data", (chunk) => (said += chunk.toString()))
        socket.on("error", () => {})
        socket.on("close", () =>
          resolve(said === "" ? undefined : Schema.decodeUnknownSync(Schema.fromJsonString(Answer))(said))
        )
      })
  )
