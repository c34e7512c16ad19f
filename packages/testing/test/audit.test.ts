/** The audit, from the front door: what is in the file, what is not, and what becomes of both when things go wrong. */
import { assert, it } from "@effect/vitest"
import { type AuditOptions, Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle } from "@spawnbroker/client"
import { AuditLine } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { temporaryDirectory } from "../src/harness.ts"
import { connect, eventually, host, living, node } from "../src/index.ts"

const decode = Schema.decodeUnknownSync(AuditLine, { onExcessProperty: "error" })

/** Every line, held to the schema. */
const linesOf = (file: string): ReadonlyArray<AuditLine> =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => decode(JSON.parse(line)) as AuditLine)

const numbersOf = (lines: ReadonlyArray<AuditLine>): ReadonlyArray<number> =>
  lines.flatMap((line) => ("seq" in line ? [line.seq] : []))

const tagsOf = (lines: ReadonlyArray<AuditLine>): ReadonlyArray<string> => lines.map(({ _tag }) => _tag)

const auditFile = Effect.map(temporaryDirectory, (directory) => join(directory, "audit.jsonl"))

const start = (file: string, secrets: Record<string, string> = {}) => Broker.start({ audit: { file }, secrets })

it.live("has each kind of fact as one line, with whose it was, by which rule, and how it ended", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    yield* Effect.scoped(
      Effect.gen(function* () {
        const broker = yield* start(file)
        const policy = {
          subject: "panel",
          commands: [{ command: "sh", args: true }, { command: "cat" }, { command: "gone-program" }],
          env: { set: ["COLOUR"] }
        } as const
        const token = yield* broker.mint(policy)
        const client = yield* Client.connect(yield* broker.openPort(), token)
        const script = "echo out; echo error >&2; exit 3"
        yield* client.run("sh", ["-c", script], { env: { COLOUR: "blue" } })
        yield* Effect.flip(client.run("rm", ["-rf", "/"]))
        yield* Effect.flip(client.run("gone-program"))
        const cat = yield* client.spawn("cat")
        yield* client.kill({ id: cat.id }, { signal: "SIGINT" })
        yield* cat.exit
        yield* Effect.flip(client.kill({ pid: 1 as never }))
        yield* client.attach(cat.id)
        const derived = yield* client.attenuate({ subject: "part", commands: [{ command: "cat" }] })
        yield* client.revoke(derived)
        yield* Effect.flip(client.revoke(token))
        const late = yield* Effect.flip(Client.connect(yield* broker.openPort(), derived))
        assert.strictEqual(late._tag, "InvalidToken")
        yield* broker.revoke(token)
        yield* eventually("its session is over", broker.stats, ({ sessions }) => sessions >= 0)
      })
    )
    const lines = linesOf(file)
    const one = (tag: AuditLine["_tag"], fields: object): AuditLine => {
      const found = lines.filter(
        (line) => line._tag === tag && Object.entries(fields).every(([key, value]) => line[key as never] === value)
      )
      assert.lengthOf(found, 1, `${tag} ${JSON.stringify(fields)}`)
      return found[0]!
    }
    const tokenId = (one("ClientConnected", {}) as { readonly tokenId: string }).tokenId
    const whose = { subject: "panel", tokenId }
    one("TokenMinted", whose)
    const started = one("ProcessStarted", { ...whose, command: "sh" })
    assert.deepInclude(started, {
      operation: "spawn",
      args: ["-c", "echo out; echo error >&2; exit 3"],
      rule: "commands[0]",
      cwd: process.cwd(),
      env: ["PATH", "COLOUR"]
    })
    assert.isTrue(existsSync((started as { readonly file: string }).file))
    const { id, pid } = started as { readonly id: string; readonly pid: number }
    const exited = one("ProcessExited", { ...whose, id, pid })
    assert.deepInclude(exited, { exit: { _tag: "Exited", code: 3 } })
    assert.isAtLeast((exited as { readonly durationMs: number }).durationMs, 0)
    assert.deepInclude(one("ProcessClosed", { ...whose, id }), { bytes: { stdin: 0, stdout: 4, stderr: 6 } })
    assert.deepInclude(one("PermissionDenied", { ...whose, command: "rm" }), {
      operation: "spawn",
      rule: "commands",
      code: 4001
    })
    assert.deepInclude(one("StartFailed", { ...whose, command: "gone-program" }), {
      error: "NotFound",
      reason: "command"
    })
    const killed: any = one("ProcessSignaled", { ...whose, operation: "kill", signal: "SIGINT" })
    assert.deepInclude(one("ProcessExited", { command: "cat" }), {
      id: killed.id,
      exit: { _tag: "Signaled", signal: "SIGINT" },
      killedBy: "client"
    })
    one("PermissionDenied", { ...whose, operation: "kill", rule: "kill", target: "PID 1", code: 4004 })
    one("ProcessAttached", { ...whose, id: killed.id })
    const derivedId = (one("TokenMinted", { subject: "panel/part", parent: tokenId }) as { readonly tokenId: string })
      .tokenId
    one("TokenRevoked", { tokenId: derivedId })
    one("TokenRefused", { ...whose, operation: "revoke" })
    one("ConnectRefused", { tokenId: derivedId, error: "InvalidToken", reason: "revoked" })
    one("TokenRevoked", whose)
    one("ClientLost", { ...whose, error: "InvalidToken" })
    one("AuditStarted", {})
    assert.strictEqual(lines.at(-1)!._tag, "AuditStopped")
    // Nobody listened but the audit, and nothing is missing.
    assert.deepStrictEqual(
      numbersOf(lines),
      lines.slice(1, -1).map((_, index) => index + 1)
    )
  }).pipe(Effect.scoped)
)

it.live("names every stage of a pipeline, and what is started in the background", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    yield* Effect.scoped(
      Effect.gen(function* () {
        const broker = yield* start(file)
        const token = yield* broker.mint({
          subject: "s",
          shell: true,
          commands: [{ command: "cat" }, { command: "wc", args: true }]
        })
        const client = yield* Client.connect(yield* broker.openPort(), token)
        yield* client.runPipeline([{ command: "cat" }, { command: "wc", args: ["-c"] }])
        yield* Effect.flip(client.runPipeline([{ command: "cat" }, { command: "rm" }]))
        yield* client.start("exit 4")
      })
    )
    const lines = linesOf(file)
    const starts = lines.flatMap((line) =>
      line._tag === "ProcessStarted" ? [`${line.operation} ${line.command} ${line.rule}`] : []
    )
    assert.deepStrictEqual(starts.toSorted(), ["pipeline cat commands[0]", "pipeline wc commands[1]", "start sh shell"])
    assert.deepInclude(
      lines.find(({ _tag }) => _tag === "PermissionDenied"),
      { operation: "pipeline", command: "rm" }
    )
    assert.lengthOf(
      tagsOf(lines).filter((tag) => tag === "ProcessExited"),
      3
    )
  }).pipe(Effect.scoped)
)

it.live(
  "holds no secret: no token, no value of a variable, none of the host's secrets, and no password that looks like one",
  () =>
    Effect.gen(function* () {
      const file = yield* auditFile
      const secrets = { API: "s3cret-of-the-host", DATABASE: "another.secret/of+it" }
      const password = "hunter2-hunter2"
      const tokens: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const broker = yield* start(file, secrets)
          const token = yield* broker.mint({
            subject: "s",
            commands: [{ command: "sh", args: true }],
            env: { values: { API: { secret: "API" } }, set: ["MINE"] },
            topics: { publish: [] }
          })
          tokens.push(token)
          const client = yield* Client.connect(yield* broker.openPort(), token)
          const args = [
            `--password=${password}`,
            `https://me:${password}@example.com`,
            secrets.API,
            `x${secrets.DATABASE}x`,
            token
          ]
          yield* client.run("sh", ["-c", "exit", ...args], { env: { MINE: password } })
          yield* Effect.flip(client.run("rm", args))
          yield* Effect.flip(client.run(`rm-${secrets.API}`))
          yield* Effect.flip(client.run("sh", [], { cwd: `/${secrets.API}` }))
          yield* Effect.flip(client.run("sh", [], { env: { OTHER: password } }))
          yield* Effect.flip(
            client.publish({ name: secrets.API, encode: JSON.stringify, decode: JSON.parse } as never, 1)
          )
          const derived = yield* client.attenuate({ subject: secrets.API })
          tokens.push(derived)
          yield* Effect.flip(Client.connect(yield* broker.openPort(), `${token}x`))
          yield* Effect.flip(Client.connect(yield* broker.openPort(), `${derived.slice(0, -1)}-`))
        })
      )
      const text = readFileSync(file, "utf8")
      assert.include(text, "PermissionDenied")
      for (const secret of [
        ...Object.values(secrets),
        password,
        ...tokens,
        ...tokens.map((token) => token.slice(20))
      ]) {
        assert.notInclude(text, secret)
      }
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
    }).pipe(Effect.scoped)
)

it.live.each<readonly [string, (directory: string) => AuditOptions, RegExp]>([
  [
    "a directory that is not there",
    (directory) => ({ file: join(directory, "none/audit") }),
    /cannot be written to: ENOENT/
  ],
  ["a directory", (directory) => ({ file: directory }), /EISDIR/],
  ["a device", () => ({ file: "/dev/full" }), /not a regular file/],
  ["no path", () => ({ file: "" }), /`audit.file`/],
  ["a size that is too small", (directory) => ({ file: join(directory, "audit"), maxBytes: 100 }), /`audit.maxBytes`/],
  ["a number of files that is none", (directory) => ({ file: join(directory, "audit"), keep: -1 }), /`audit.keep`/]
])("a broker does not start with %s, and says why", ([_kind, options, expected]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Broker.start({ audit: options(yield* temporaryDirectory) }))
    assert.strictEqual(error._tag, "BrokerUnavailable")
    assert.match(error.message, expected)
  }).pipe(Effect.scoped)
)

it.live("a broker does not wait for somebody to read its audit from a pipe: it does not start", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    yield* client.run("sh", ["-c", 'mkfifo "$0"', file])
    const error = yield* Effect.flip(Broker.start({ audit: { file } }))
    assert.match(error.message, /cannot be written to: it is not a regular file/)
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

/** A host in a process of its own, that is told what to do and answers. `fileBytes`: what it may write into a file. */
const startHost = (
  client: ClientHandle,
  file: string,
  { fileBytes, required = false }: { readonly fileBytes?: number; readonly required?: boolean } = {}
) =>
  Effect.gen(function* () {
    const command = [node, host("audit.ts"), file, required ? "required" : "optional"]
    const limited = fileBytes === undefined ? command : ["prlimit", `--fsize=${fileBytes}:unlimited`, ...command]
    const child = yield* client.spawn(limited[0]!, limited.slice(1), { unread: "tail" })
    const ask = (line: string) =>
      Effect.andThen(
        child.write(`${line}\n`),
        Effect.map(child.readLine, (answer) => JSON.parse(answer) as any)
      )
    yield* child.readLine
    return { child, ask }
  })

it.live("loses nothing that was written when its host is killed, and leaves no half line", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    const { child, ask } = yield* startHost(client, file)
    const ids = yield* ask("run 20")
    // So that what follows is all that can be lost.
    yield* eventually("it is written", ask("stats 0"), ({ held }) => held === 0)
    yield* child.write("run 1000\n")
    yield* eventually(
      "it is in the middle of it",
      Effect.sync(() => linesOf(file).length),
      (count) => count > 100
    )
    yield* child.kill({ signal: "SIGKILL" })
    yield* child.exit
    const lines = linesOf(file)
    assert.deepStrictEqual(
      numbersOf(lines),
      lines.slice(1).map((_, index) => index + 1)
    )
    for (const id of ids) {
      const facts = lines.filter((line) => "id" in line && line.id === id)
      assert.deepStrictEqual(tagsOf(facts), ["ProcessStarted", "ProcessExited", "ProcessClosed"])
    }
    assert.notInclude(tagsOf(lines), "AuditStopped")
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

const liftLimit = (client: ClientHandle, pid: number) =>
  client.run("prlimit", ["--pid", String(pid), "--fsize=unlimited"])

it.live("a full disk stops nothing: lines are held until there is room, and then are there, whole and in order", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    const { child, ask } = yield* startHost(client, file, { fileBytes: 16_000 })
    const ids = yield* ask("run 60")
    assert.lengthOf(ids, 60)
    assert.isAbove((yield* ask("stats 0")).held, 0)
    assert.isAtMost(statSync(file).size, 16_000)
    linesOf(file)
    yield* liftLimit(client, child.pid)
    yield* eventually("all is written", ask("stats 0"), ({ held }) => held === 0)
    yield* child.closeStdin
    const { stderr } = yield* Effect.all(
      { exit: child.exit, stderr: Stream.mkString(Stream.decodeText(child.stderr)) },
      { concurrency: 2 }
    )
    const lines = linesOf(file)
    assert.deepStrictEqual(
      numbersOf(lines),
      lines.slice(1, -1).map((_, index) => index + 1)
    )
    assert.lengthOf(
      tagsOf(lines).filter((tag) => tag === "ProcessClosed"),
      60
    )
    const said = stderr.match(/audit cannot be written to .*: (\w+)\. It is tried again/g) ?? []
    assert.lengthOf(said, 1)
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

it.live("a disk that stays full costs no more than 8 MiB of lines, and how many are lost is in the file", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    const { child, ask } = yield* startHost(client, file, { fileBytes: 8000 })
    assert.strictEqual(yield* ask("deny 1300"), 1300)
    const { held, lost } = yield* ask("stats 0")
    assert.isAbove(lost, 0)
    assert.isAbove(held, 900)
    yield* liftLimit(client, child.pid)
    yield* eventually("all is written", ask("stats 0"), (stats) => stats.held === 0)
    yield* ask("run 1")
    yield* child.closeStdin
    yield* child.exit
    const lines = linesOf(file)
    const hole = lines.findIndex(({ _tag }) => _tag === "AuditLost")
    assert.deepInclude(lines[hole], { lost })
    const before = numbersOf(lines.slice(0, hole))
    const after = numbersOf(lines.slice(hole))
    assert.deepStrictEqual(
      before,
      before.map((_, index) => index + 1)
    )
    assert.deepStrictEqual(
      after,
      after.map((_, index) => before.length + lost + index + 1)
    )
    assert.isAbove(after.length, 0)
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

it.live("a broker whose audit is required ends, and all its processes, once it cannot be written", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    const { child, ask } = yield* startHost(client, file, { fileBytes: 4000, required: true })
    yield* ask("stay 0")
    const look = Effect.sync(() => linesOf(file).flatMap((line) => (line._tag === "ProcessStarted" ? [line] : [])))
    const [started] = yield* eventually("its start is written", look, ({ length }) => length > 0)
    assert.isDefined(living(started!.pid))
    yield* ask("deny 10")
    yield* eventually("it starts no more", ask("run 1"), (answer) => answer === "BrokerUnavailable")
    yield* eventually(
      "its process is gone",
      Effect.sync(() => living(started!.pid)),
      (facts) => facts === undefined
    )
    yield* eventually("there is no broker", ask("replaced 0"), (answer) => answer === "BrokerUnavailable")
    yield* child.closeStdin
    const { exit, stderr } = yield* Effect.all(
      { exit: child.exit, stderr: Stream.mkString(Stream.decodeText(child.stderr)) },
      { concurrency: 2 }
    )
    assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
    assert.include(stderr, "The broker ends itself")
    assert.notInclude(stderr, "It is replaced")
    linesOf(file)
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

it.live("goes on in the same file when the thread is replaced, says why that was, and mints no token again", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    const { child, ask } = yield* startHost(client, file)
    const [before] = yield* ask("run 1")
    yield* eventually("it is written", ask("stats 0"), ({ held }) => held === 0)
    yield* ask("fail 0")
    yield* eventually("it is replaced", ask("replaced 0"), (replaced) => replaced === 1)
    const [after] = yield* ask("run 1")
    yield* child.closeStdin
    yield* child.exit
    const lines = linesOf(file)
    const tags = tagsOf(lines)
    const restart = tags.lastIndexOf("AuditStarted")
    assert.isAbove(restart, 0)
    assert.deepInclude(lines[restart + 1], { _tag: "BrokerRestarted", seq: 1, reason: "Error: on purpose" })
    const whose = (id: string) =>
      tagsOf(lines.filter((line) => "id" in line && line.id === id && lines.indexOf(line) > restart))
    assert.deepStrictEqual(whose(before), [])
    assert.deepStrictEqual(whose(after), ["ProcessStarted", "ProcessExited", "ProcessClosed"])
    assert.lengthOf(
      tags.filter((tag) => tag === "TokenMinted"),
      1
    )
    // The end of the second one is as orderly as that of a first.
    assert.strictEqual(tags.at(-1), "AuditStopped")
    assert.deepStrictEqual(
      numbersOf(lines.slice(restart)),
      lines.slice(restart + 1, -1).map((_, index) => index + 1)
    )
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

it.live("a thread that is replaced while the disk is full goes on, too, and writes once there is room", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    const client = yield* connect()
    const { child, ask } = yield* startHost(client, file)
    // Not one more line fits.
    yield* client.run("prlimit", ["--pid", String(child.pid), `--fsize=${statSync(file).size}:unlimited`])
    yield* ask("fail 0")
    yield* eventually("it is replaced", ask("replaced 0"), (replaced) => replaced === 1)
    const [id] = yield* ask("run 1")
    assert.isAbove((yield* ask("stats 0")).held, 0)
    yield* liftLimit(client, child.pid)
    yield* eventually("all is written", ask("stats 0"), ({ held }) => held === 0)
    yield* child.closeStdin
    yield* child.exit
    const facts = linesOf(file).filter((line) => "id" in line && line.id === id)
    assert.deepStrictEqual(tagsOf(facts), ["ProcessStarted", "ProcessExited", "ProcessClosed"])
  }).pipe(Effect.scoped, Effect.provide(Broker.layer()))
)

it.live("names the limit that a process has exceeded, and the one that has let none start", () =>
  Effect.gen(function* () {
    const file = yield* auditFile
    yield* Effect.scoped(
      Effect.gen(function* () {
        const broker = yield* start(file)
        const commands = [{ command: "sh", args: true as const }]
        const connectWith = (limits: object) =>
          Effect.flatMap(broker.mint({ subject: "s", commands, limits }), (token) =>
            Effect.flatMap(broker.openPort(), (port) => Client.connect(port, token))
          )
        const short = yield* connectWith({ outputBytes: 10 })
        yield* Effect.exit(short.run("sh", ["-c", "while :; do echo 0123456789; done"]))
        const alone = yield* connectWith({ concurrent: 1 })
        const first = yield* alone.spawn("sh", ["-c", "cat"])
        yield* Effect.flip(alone.run("sh", ["-c", "exit"]))
        yield* first.closeStdin
        yield* first.exit
      })
    )
    const lines = linesOf(file)
    assert.deepInclude(
      lines.find(({ _tag }) => _tag === "ProcessExited"),
      { limit: "outputBytes", killedBy: "limit" }
    )
    assert.deepInclude(
      lines.find(({ _tag }) => _tag === "StartFailed"),
      { error: "LimitExceeded", reason: "concurrent" }
    )
  }).pipe(Effect.scoped)
)

it.live("a broker whose audit cannot be written later goes on", () =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const logs = join(directory, "logs")
    mkdirSync(logs)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const broker = yield* Broker.start({ audit: { file: join(logs, "audit"), maxBytes: 4096, keep: 1 } })
        const client = yield* Client.connect(
          yield* broker.openPort(),
          yield* broker.mint({ subject: "s", commands: [{ command: "true" }] })
        )
        chmodSync(logs, 0o500)
        yield* Effect.forEach(Array.from({ length: 30 }), () => client.run("true"))
        chmodSync(logs, 0o700)
        assert.deepInclude((yield* broker.stats).audit, { lost: 0 })
      })
    )
  }).pipe(Effect.scoped)
)
