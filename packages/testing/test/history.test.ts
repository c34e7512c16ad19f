/** The history, from the front door: what is in it, who may see what, and what becomes of it when things go wrong. */
import { assert, describe, it } from "@effect/vitest"
import {
  Broker,
  type BrokerHandle,
  type HistoryOptions,
  type HistoryQuery,
  type HistoryRecord
} from "@spawnbroker/broker"
import { readHistoryFile } from "@spawnbroker/broker/history"
import { Client } from "@spawnbroker/client"
import type { Policy, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import { temporaryDirectory, testPolicy } from "../src/harness.ts"
import { eventually } from "../src/index.ts"
import { descendants, type ProcessFacts } from "../src/leaks.ts"

const historyFile = Effect.map(temporaryDirectory, (directory) => join(directory, "history.db"))

const start = (options: HistoryOptions | "memory", secrets: Record<string, string> = {}) =>
  Broker.start({ history: options, secrets, policyWarnings: "ignore" })

const connect = (broker: BrokerHandle, policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const token = yield* broker.mint({ ...testPolicy, ...policy })
    return yield* Client.connect(yield* broker.openPort(), token)
  })

type Reads = { readonly history: (query?: HistoryQuery) => Stream.Stream<HistoryRecord, ProcessError> }

const all = ({ history }: Reads, query?: HistoryQuery) => Stream.runCollect(history(query))

/** What fits, once it is as much as that. */
const recorded = (reader: Reads, count: number, query?: HistoryQuery) =>
  eventually(`${count} are recorded`, all(reader, query), (records) => records.length >= count)

const closed = (reader: Reads, count: number, query: HistoryQuery = {}) =>
  recorded(reader, count, { states: ["closed"], ...query })

it.live("has a row for each process: whose it was, what ran, how it ended, and what it used", () =>
  Effect.gen(function* () {
    const broker = yield* start("memory")
    const client = yield* connect(broker, { subject: "panel" })
    yield* client.run("sh", ["-c", "printf out; cat >&2; exit 3"], { stdin: "errors" })
    const sleep = yield* client.spawn("sleep", ["1000"])
    const [running] = yield* recorded(broker, 1, { states: ["running"] })
    assert.strictEqual(running!.id, sleep.id)
    assert.notProperty(running, "exit")
    yield* sleep.kill({ signal: "SIGINT" })
    const [killed, ran] = yield* closed(broker, 2)
    assert.deepInclude(killed, { exit: { _tag: "Signaled", signal: "SIGINT" }, killedBy: "client", pid: sleep.pid })
    assert.deepInclude(ran, {
      subject: "panel",
      operation: "spawn",
      command: "sh",
      args: ["-c", "printf out; cat >&2; exit 3"],
      rule: "commands[0]",
      cwd: process.cwd(),
      exit: { _tag: "Exited", code: 3 },
      bytes: { stdin: 6, stdout: 3, stderr: 6 }
    })
    assert.isAtLeast(ran!.exitedAt!, ran!.startedAt)
    assert.isAtLeast(ran!.durationMs!, 0)
    if ((yield* broker.stats).spawner === "launcher") assert.isAbove(ran!.cpuMs!, 0)
  }).pipe(Effect.scoped)
)

it.live("tells the peak of memory where that can be told, and none where it cannot", () =>
  Effect.gen(function* () {
    const broker = yield* start("memory")
    const client = yield* connect(broker)
    yield* client.run(process.execPath, ["-e", "Buffer.alloc(3e8).fill(1)"])
    yield* client.run("true")
    const [small, large] = yield* closed(broker, 2)
    assert.isUndefined(small!.peakRssBytes)
    if (large!.cpuMs !== undefined) assert.isAbove(large!.peakRssBytes!, 3e8)
  }).pipe(Effect.scoped)
)

const finding: ReadonlyArray<readonly [what: string, query: HistoryQuery, expected: ReadonlyArray<string>]> = [
  ["all, the youngest first", {}, ["sh 7", "sh kill", "printf", "true"]],
  ["success", { exit: "success" }, ["printf", "true"]],
  ["failure", { exit: "failure" }, ["sh 7", "sh kill"]],
  ["a code", { exit: { _tag: "Exited", code: 7 } }, ["sh 7"]],
  ["a signal", { exit: { _tag: "Signaled", signal: "SIGKILL" } }, ["sh kill"]],
  ["a command", { command: "sh" }, ["sh 7", "sh kill"]],
  ["a text of an argument, whatever its case", { text: '100%% "Sure' }, ["printf"]],
  ["no wildcard", { text: "100_" }, []],
  ["nobody else's", { subject: "somebody" }, []],
  ["what is over", { states: ["closed"], until: 1 }, []],
  ["what is new", { since: 1, command: "true" }, ["true"]],
  ["a text that is SQL", { text: "' OR 1=1 --" }, []]
]

it.live("is searched by command, state, exit, time, subject and text", () =>
  Effect.gen(function* () {
    const broker = yield* start("memory")
    const client = yield* connect(broker)
    yield* client.run("true")
    yield* client.run("printf", ['100%% "sure"'])
    yield* client.run("sh", ["-c", "kill -KILL $$"])
    yield* client.run("sh", ["-c", "exit 7"])
    yield* closed(broker, 4)
    const name = ({ command, exit }: HistoryRecord): string =>
      command === "sh" ? `sh ${exit?._tag === "Exited" ? exit.code : "kill"}` : command
    for (const [what, query, expected] of finding) {
      assert.deepStrictEqual((yield* all(client, query)).map(name), expected, what)
    }
  }).pipe(Effect.scoped)
)

it.live("is read page by page: each process once, in order, also while others are started", () =>
  Effect.gen(function* () {
    const broker = yield* start("memory")
    const client = yield* connect(broker)
    const run = Effect.map(Effect.scoped(client.spawn("true")), ({ id }) => id)
    const ids = yield* Effect.forEach(Array.from({ length: 300 }), () => run)
    yield* recorded(broker, 300)
    const seen: Array<string> = []
    yield* client.history().pipe(
      Stream.tap(() => (seen.length % 100 === 0 ? run : Effect.void)),
      Stream.runForEach(({ id }) => Effect.sync(() => seen.push(id)))
    )
    assert.deepStrictEqual(seen, ids.toReversed())
  }).pipe(Effect.scoped)
)

describe("what a client sees of it", () => {
  it.live("is its own and that of tokens derived from its own, or everybody's by policy; the host sees all", () =>
    Effect.gen(function* () {
      const broker = yield* start("memory")
      const one = yield* connect(broker, { subject: "one" })
      const other = yield* connect(broker, { subject: "other" })
      const observer = yield* connect(broker, { subject: "observer", observe: "all" })
      const derived = yield* one.attenuate({ ...testPolicy, subject: "part" })
      const part = yield* Client.connect(yield* broker.openPort(), derived)
      yield* one.run("true")
      yield* other.run("true")
      yield* part.run("printf", ["part"])
      yield* closed(broker, 3)
      const subjects = (reader: Reads) => Effect.map(all(reader), (records) => records.map(({ subject }) => subject))
      assert.deepStrictEqual(yield* subjects(one), ["one/part", "one"])
      assert.deepStrictEqual(yield* subjects(part), ["one/part"])
      assert.deepStrictEqual(yield* subjects(other), ["other"])
      assert.deepStrictEqual(yield* subjects(observer), ["one/part", "other", "one"])
      const [theirs] = yield* all(one, { subject: "one" })
      assert.deepStrictEqual(yield* all(other, { id: theirs!.id }), [])
      assert.strictEqual((yield* Effect.flip(other.historyOutput(theirs!.id)))._tag, "ProcessNotFound")
    }).pipe(Effect.scoped)
  )

  it.live("is nothing where there is no history, and that is said", () =>
    Effect.gen(function* () {
      const broker = yield* Broker.start({ policyWarnings: "ignore" })
      const client = yield* connect(broker)
      for (const reader of [client, broker] as ReadonlyArray<Reads>) {
        const error = yield* Effect.flip(all(reader))
        assert.strictEqual(error._tag, "Unsupported")
        assert.include(error.message, "`history`")
      }
    }).pipe(Effect.scoped)
  )

  it.live("is asked for a few at a time: more questions are refused, and nobody else's", () =>
    Effect.gen(function* () {
      const broker = yield* start("memory")
      const [client, other] = [yield* connect(broker), yield* connect(broker)]
      const exits = yield* Effect.all(
        Array.from({ length: 50 }, () => Effect.exit(all(client))),
        { concurrency: "unbounded" }
      )
      const refused = exits.filter(({ _tag }) => _tag === "Failure")
      assert.isAbove(refused.length, 0)
      assert.isBelow(refused.length, 50)
      assert.deepStrictEqual(yield* all(other), [])
    }).pipe(Effect.scoped)
  )
})

describe("output", () => {
  const text = (
    outputs: ReadonlyArray<{ readonly fd: number; readonly omitted: number; readonly bytes: Uint8Array }>
  ) => outputs.map(({ fd, omitted, bytes }) => [fd, omitted, Buffer.from(bytes).toString()])

  it.live("is kept as the host's policy says: the last bytes, of both streams together", () =>
    Effect.gen(function* () {
      const broker = yield* start("memory")
      const client = yield* connect(broker, { history: { output: 10 } })
      const none = yield* connect(broker)
      yield* client.run("sh", ["-c", "printf 0123456789abcdef; sleep 0.1; printf xyz >&2"])
      yield* none.run("printf", ["nothing of it"])
      const [silent, loud] = yield* closed(broker, 2)
      assert.notProperty(silent, "kept")
      assert.deepStrictEqual(yield* none.historyOutput(silent!.id), [])
      assert.deepStrictEqual(text(yield* client.historyOutput(loud!.id)), [
        [1, 9, "9abcdef"],
        [2, 0, "xyz"]
      ])
      assert.deepStrictEqual(loud!.kept, [
        { fd: 1, bytes: 7, omitted: 9 },
        { fd: 2, bytes: 3, omitted: 0 }
      ])
    }).pipe(Effect.scoped)
  )

  it.live("is kept of derived tokens as of their host's, who cannot say otherwise", () =>
    Effect.gen(function* () {
      const broker = yield* start("memory")
      const client = yield* connect(broker, { history: { output: 100 } })
      const wider = yield* Effect.flip(client.attenuate({ ...testPolicy, history: { output: 1e6 } }))
      assert.deepInclude(wider, { _tag: "InvalidArgument", argument: "history" })
      const derived = yield* client.attenuate({ ...testPolicy })
      const part = yield* Client.connect(yield* broker.openPort(), derived)
      yield* part.run("printf", ["kept"])
      const [record] = yield* closed(broker, 1)
      assert.deepStrictEqual(text(yield* broker.historyOutput(record!.id)), [[1, 0, "kept"]])
    }).pipe(Effect.scoped)
  )

  it.live("has no secret of the host in it, nor the end of one", () =>
    Effect.gen(function* () {
      const file = yield* historyFile
      const secret = "grüße-4711-xyzzy"
      yield* Effect.scoped(
        Effect.gen(function* () {
          const broker = yield* start({ file }, { password: secret })
          const client = yield* connect(broker, {
            history: { output: 24 },
            env: { values: { PASSWORD: { secret: "password" } } }
          })
          yield* client.run("sh", ["-c", 'printf "12345678 $PASSWORD"'])
          yield* client.run("sh", ["-c", 'printf "$PASSWORD; 12345678"'])
          const [cut, whole] = yield* closed(broker, 2)
          assert.deepStrictEqual(text(yield* broker.historyOutput(whole!.id)), [[1, 3, "45678 [redacted]"]])
          assert.deepStrictEqual(text(yield* broker.historyOutput(cut!.id)), [[1, 4, "[redacted]; 12345678"]])
        })
      )
      const bytes = readFileSync(file)
      assert.strictEqual(bytes.indexOf("xyzzy"), -1)
    }).pipe(Effect.scoped)
  )

  it.live("is searched, by text and by expression, each with the line that was found", () =>
    Effect.gen(function* () {
      const broker = yield* start("memory")
      const client = yield* connect(broker, { history: { output: 65536 } })
      yield* client.run("printf", ["first line\nError: no such thing\nlast"])
      yield* client.run("sh", ["-c", "seq 1 5000 >&2"])
      yield* client.run("true")
      yield* closed(broker, 3)
      const found = (output: NonNullable<HistoryQuery["output"]>) =>
        Effect.map(all(client, { output }), (records) => records.map((record) => record.found))
      assert.deepStrictEqual(yield* found({ contains: "no such" }), [{ fd: 1, line: "Error: no such thing" }])
      assert.deepStrictEqual(yield* found({ contains: "NO SUCH" }), [])
      assert.deepStrictEqual(yield* found({ contains: "NO SUCH", ignoreCase: true }), [
        { fd: 1, line: "Error: no such thing" }
      ])
      assert.deepStrictEqual(yield* found({ matches: "^(last|4711)$" }), [
        { fd: 2, line: "4711" },
        { fd: 1, line: "last" }
      ])
      const wrong = yield* Effect.flip(found({ matches: "(" }))
      assert.deepInclude(wrong, { _tag: "InvalidArgument", argument: "query.output.matches" })
    }).pipe(Effect.scoped)
  )

  it.live("that an expression explodes on ends the search at its limit, and nothing else", () =>
    Effect.gen(function* () {
      const broker = yield* start({ file: yield* historyFile, searchTimeout: "1 second" })
      const client = yield* connect(broker, { history: { output: 1024 * 1024 } })
      const other = yield* connect(broker)
      yield* client.run("sh", ["-c", "head -c 1000000 /dev/zero | tr '\\0' a; echo b"])
      yield* other.run("true")
      yield* closed(broker, 2)
      const exploding = { output: { matches: "^(a+)+$" } } as const
      const error = yield* Effect.flip(all(client, exploding))
      assert.deepInclude(error, { _tag: "TimedOut", timeoutMs: 1000 })
      // The next search has another process, and whoever looks something up has not waited for that one.
      const searching = yield* Effect.forkScoped(Effect.flip(all(client, exploding)))
      assert.lengthOf(yield* all(other), 1)
      assert.lengthOf(yield* all(client, { output: { matches: "ab$" } }), 1)
      assert.strictEqual(
        (yield* Effect.andThen(
          Effect.void,
          Effect.sync(() => searching.pollUnsafe())
        ))?._tag,
        "Success"
      )
    }).pipe(Effect.scoped)
  )

  it.live.skipIf(!existsSync("/usr/bin/chrt"))(
    "is made by a process that runs only while nobody else wants to, and rests while the broker is busy (without chrt(1) it is nice)",
    () =>
      Effect.gen(function* () {
        const broker = yield* start({ file: yield* historyFile, searchTimeout: "1 minute" })
        const client = yield* connect(broker, { history: { output: 1024 * 1024 } })
        const starts = Array.from({ length: 16 }, () => client.run("true"))
        const busy = yield* Effect.forkScoped(Effect.forever(Effect.all(starts, parallel)))
        yield* client.run("sh", ["-c", "head -c 1000000 /dev/zero | tr '\\0' a; echo b"])
        yield* closed(client, 1, { text: "head" })
        const searching = yield* Effect.forkScoped(all(client, { output: { matches: "^(a+)+$" } }))
        const isIdle = ({ policy }: ProcessFacts) => policy === SCHED_IDLE
        yield* eventually("it rests", Effect.sync(searchers), (them) =>
          them.some((one) => isIdle(one) && one.state === "T")
        )
        yield* Fiber.interrupt(busy)
        const searched = yield* eventually("it does not rest", Effect.sync(searchers), (them) =>
          them.some(({ state }) => state === "R")
        )
        assert.lengthOf(searched, 1)
        yield* Fiber.interrupt(searching)
      }).pipe(Effect.scoped)
  )

  it.live("whose search is killed from outside says so, and the next one has another process", () =>
    Effect.gen(function* () {
      const broker = yield* start({ file: yield* historyFile, searchTimeout: "1 minute" })
      const client = yield* connect(broker, { history: { output: 1024 * 1024 } })
      yield* client.run("sh", ["-c", "head -c 1000000 /dev/zero | tr '\\0' a; echo b"])
      yield* closed(client, 1)
      const searching = yield* Effect.forkScoped(Effect.flip(all(client, { output: { matches: "^(a+)+$" } })))
      const [searcher] = yield* eventually("it searches", Effect.sync(searchers), (them) => them.length === 1)
      process.kill(searcher!.pid, "SIGKILL")
      assert.include((yield* Fiber.join(searching)).message, "ended with SIGKILL")
      assert.lengthOf(yield* all(client, { output: { contains: "ab" } }), 1)
    }).pipe(Effect.scoped)
  )
})

const parallel = { concurrency: "unbounded" } as const

/** See sched(7). */
const SCHED_IDLE = 5

/** How those are that search for brokers of this process. */
const searchers = () => descendants().filter(({ command }) => command.includes("worker/main"))

describe("its file", () => {
  it.live("outlives its broker, is its owner's alone, and can be read while another writes it", () =>
    Effect.gen(function* () {
      const file = yield* historyFile
      writeFileSync(file, "")
      chmodSync(file, 0o644)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connect(yield* start({ file }), { subject: "first" })
          yield* client.run("true")
          yield* Effect.flip(client.run("rm", ["x"]))
        })
      )
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const broker = yield* start({ file })
      const client = yield* connect(broker, { subject: "second" })
      yield* client.run("printf", ["second"])
      yield* closed(broker, 2)
      assert.deepStrictEqual(
        (yield* all(client)).map(({ subject }) => subject),
        ["second"]
      )
      const reader = yield* readHistoryFile(file)
      assert.deepStrictEqual(
        (yield* Stream.runCollect(reader.records())).map(({ subject }) => subject),
        ["second", "first"]
      )
      const denied = yield* Stream.runCollect(reader.facts({ types: ["PermissionDenied"], subject: "first" }))
      assert.deepInclude(denied[0], { rule: "commands", command: "rm", args: ["x"] })
      assert.deepStrictEqual(
        (yield* Stream.runCollect(reader.facts({ subject: "first" }))).map(({ _tag }) => _tag),
        ["ClientLost", "PermissionDenied", "ClientConnected", "TokenMinted"]
      )
    }).pipe(Effect.scoped)
  )

  const unusable: ReadonlyArray<readonly [what: string, make: (file: string) => void, problem: string]> = [
    [
      "a newer version has written",
      (file) => {
        const database = new DatabaseSync(file)
        database.exec("CREATE TABLE t (x); PRAGMA application_id = 0x53504248; PRAGMA user_version = 1000")
        database.close()
      },
      "newer Spawnbroker"
    ],
    [
      "is another program's",
      (file) => {
        const database = new DatabaseSync(file)
        database.exec("CREATE TABLE t (x)")
        database.close()
      },
      "another program"
    ],
    ["is no database", (file) => writeFileSync(file, "something else ".repeat(100)), "not a database"],
    ["is a link", (file) => symlinkSync("/dev/null", file), "ELOOP"],
    ["is in no directory", () => {}, "ENOENT"]
  ]
  for (const [what, make, problem] of unusable) {
    it.live(`that ${what} is refused, and is as it was`, () =>
      Effect.gen(function* () {
        const directory = yield* temporaryDirectory
        const file =
          what === "is in no directory" ? join(directory, "none", "history.db") : join(directory, "history.db")
        make(file)
        const error = yield* Effect.flip(start({ file }))
        assert.strictEqual(error._tag, "BrokerUnavailable")
        assert.include(error.message, problem)
        assert.include(error.message, file)
        const unread = yield* Effect.flip(readHistoryFile(file))
        assert.include(unread.message, problem)
      }).pipe(Effect.scoped)
    )
  }

  it.live("may be shared by brokers, and each knows which of its processes run", () =>
    Effect.gen(function* () {
      const file = yield* historyFile
      const one = yield* start({ file })
      const client = yield* connect(one, { subject: "one" })
      const sleep = yield* client.spawn("sleep", ["1000"])
      yield* recorded(one, 1, { states: ["running"] })
      const other = yield* start({ file })
      yield* (yield* connect(other, { subject: "other" })).run("true")
      yield* recorded(other, 2)
      assert.deepStrictEqual(
        (yield* all(other)).map(({ subject, state }) => [subject, state]),
        [
          ["other", "closed"],
          ["one", "running"]
        ]
      )
      yield* sleep.kill()
      yield* closed(other, 2)
    }).pipe(Effect.scoped)
  )

  it.live(
    "has what many processes print in a burst, and while it cannot be written rather loses outputs than processes",
    () =>
      Effect.gen(function* () {
        const size = 1024 * 1024
        const count = 60
        const file = yield* historyFile
        const broker = yield* start({ file })
        const client = yield* connect(broker, { history: { output: size } })
        const burst = Effect.forEach(
          Array.from({ length: count }, () => "0"),
          () => client.run("head", ["-c", `${size}`, "/dev/zero"]),
          { concurrency: 8 }
        )
        yield* burst
        const whole = yield* closed(broker, count)
        assert.deepStrictEqual(
          whole.map(({ kept }) => kept),
          whole.map(() => [{ fd: 1, bytes: size, omitted: 0 }])
        )
        const lock = new DatabaseSync(file)
        lock.exec("BEGIN IMMEDIATE")
        yield* burst
        lock.exec("ROLLBACK")
        lock.close()
        const records = yield* closed(broker, 2 * count)
        for (const { bytes, kept } of records) {
          assert.strictEqual(bytes!.stdout, size)
          assert.strictEqual(kept!.length, 1)
          assert.strictEqual(kept![0]!.bytes + kept![0]!.omitted, size)
        }
        const left = records.filter(({ kept }) => kept![0]!.bytes === 0)
        assert.isAbove(left.length, 0)
        assert.isBelow(left.length, count)
        assert.deepStrictEqual((yield* broker.stats).history!.lost, 0)
        yield* client.run("printf", ["again"])
        const [again] = yield* recorded(broker, 1, { text: "again", states: ["closed"] })
        assert.deepStrictEqual(again!.kept, [{ fd: 1, bytes: 5, omitted: 0 }])
      }).pipe(Effect.scoped)
  )

  it.live("that is locked for long holds nobody up; what is not written by then is counted, and told", () =>
    Effect.gen(function* () {
      const file = yield* historyFile
      const broker = yield* start({ file })
      const client = yield* connect(broker)
      yield* client.run("true")
      yield* closed(broker, 1)
      const lock = new DatabaseSync(file)
      lock.exec("BEGIN IMMEDIATE")
      const lost = yield* Effect.forkScoped(
        Stream.runHead(Stream.filter(broker.events, ({ _tag }) => _tag === "HistoryLost"))
      )
      const long = Array<string>(8).fill("x".repeat(1000))
      const deny = Effect.forEach(Array.from({ length: 500 }), () => Effect.flip(client.run("rm", long)))
      yield* eventually("facts are lost", Effect.andThen(deny, broker.stats), ({ history }) => history!.lost > 0)
      assert.strictEqual((yield* client.run("printf", ["all the same"])).stdout, "all the same")
      lock.exec("ROLLBACK")
      lock.close()
      yield* Fiber.join(lost)
      yield* eventually(
        "it is written again",
        Effect.andThen(client.run("printf", ["again"]), all(client, { text: "again" })),
        (records) => records.length > 0
      )
    }).pipe(Effect.scoped)
  )
})
