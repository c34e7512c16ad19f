/**
 * What a client must be able to do over a port of any kind: the same small life of a client, from its token to the end of
 * its broker. What processes do is said in `spawner.ts`.
 */
import { createHash, randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Broker, type BrokerHandle } from "@spawnbroker/broker"
import { type BrokerUnavailable, Client, type ClientPort, type ProcessHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { countingBlocks, countingDigest } from "../fixtures/counting-bytes.js"
import { eventually, spawnFixture, spawnScript, testPolicy, waitForLine } from "../harness.ts"
import { bearing, living, MARK } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** A port whose other end a broker serves. */
export type MakePort = (broker: BrokerHandle) => Effect.Effect<ClientPort, BrokerUnavailable>

const MIB = 1024 * 1024
const WINDOW = 256 * 1024

export const portSuite = (name: string, makePort: MakePort): void =>
  layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true, timeout: "60 seconds" })(
    `port: ${name}`,
    (it) => {
      commands(it, makePort)
      streams(it, makePort)
      endings(it, makePort)
    }
  )

/** What `seq` prints. */
const counted = (last: number): string => Array.from({ length: last }, (_, index) => `${index + 1}\n`).join("")

const connectOver = (makePort: MakePort, broker: BrokerHandle) =>
  Effect.gen(function* () {
    const mark = randomUUID()
    const token = yield* broker.mint({ ...testPolicy, env: { values: { [MARK]: mark } } })
    const client = yield* Client.connect(yield* makePort(broker), token)
    return { ...client, living: Effect.sync(() => bearing(mark)) }
  })

const connect = (makePort: MakePort) => Effect.flatMap(Broker, (broker) => connectOver(makePort, broker))

const commands = (it: SuiteIt, makePort: MakePort): void => {
  it.effect("a command runs, and its output and exit code are whole", () =>
    Effect.gen(function* () {
      const client = yield* connect(makePort)
      const { exit, stdout, stderr } = yield* client.run("sh", ["-c", "cat; printf no >&2; exit 3"], { stdin: "yes" })
      assert.deepStrictEqual(
        { exit, stdout, stderr },
        { exit: { _tag: "Exited", code: 3 }, stdout: "yes", stderr: "no" }
      )
    })
  )

  it.effect("a process tells the facts of its life in order, and is killed by its client", () =>
    Effect.gen(function* () {
      const client = yield* connect(makePort)
      const process = yield* client.spawn("sleep", ["1000"])
      yield* process.kill({ signal: "SIGKILL" })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGKILL" })
      const facts = yield* Stream.runCollect(process.lifecycle)
      assert.deepStrictEqual(
        facts.map(({ _tag }) => _tag),
        ["Starting", "Started", "Killed", "Exited", "Closed"]
      )
    })
  )

  it.effect("a hundred commands at once do not mix", () =>
    Effect.gen(function* () {
      const client = yield* connect(makePort)
      const numbers = Array.from({ length: 100 }, (_, index) => String(index))
      const outputs = yield* Effect.forEach(numbers, (number) => client.run("printf", ["%s", number]), {
        concurrency: 25
      })
      assert.deepStrictEqual(
        outputs.map(({ stdout }) => stdout),
        numbers
      )
    })
  )

  it.effect("what the policy does not allow is denied, with every field of the error", () =>
    Effect.gen(function* () {
      const client = yield* connect(makePort)
      const denied = yield* Effect.flip(client.run("rm", ["-rf", "/nowhere"]))
      assert.strictEqual(denied._tag, "PermissionDenied")
      assert.include(denied.message, "rule `commands`")
    })
  )

  it.effect("a wrong token is refused", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const refused = yield* Effect.flip(Effect.scoped(Client.connect(yield* makePort(broker), "no token")))
      assert.strictEqual(refused._tag, "InvalidToken")
    })
  )
}

const streams = (it: SuiteIt, makePort: MakePort): void => {
  it.effect("8 MiB through `cat` come back whole and in order, and the writer's own bytes are left alone", () =>
    Effect.gen(function* () {
      const client = yield* connect(makePort)
      const process = yield* client.spawn("cat")
      const blocks = [...countingBlocks(8 * MIB)]
      const [, sha256] = yield* Effect.all(
        [Stream.fromIterable(blocks).pipe(Stream.rechunk(1), Stream.run(process.stdin)), digest(process)],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(sha256, countingDigest(8 * MIB))
      assert.isTrue(blocks.every((block) => block.byteLength > 0))
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a child waits for a slow reader, and then nothing is missing", () =>
    Effect.gen(function* () {
      const client = yield* connect(makePort)
      const total = 16 * MIB
      const process = yield* spawnFixture(client, "write-counting.js", [String(total)], {
        stdin: "ignore",
        windowBytes: WINDOW,
        unread: "block"
      })
      const hash = createHash("sha256")
      let chunks = 0
      yield* Stream.runForEach(process.stdout, (chunk) =>
        Effect.suspend(() => {
          hash.update(chunk)
          return ++chunks === 2 ? Effect.asVoid(untilBlocked(process)) : Effect.void
        })
      )
      assert.strictEqual(hash.digest("hex"), countingDigest(total))
    })
  )
}

const digest = (process: ProcessHandle) => {
  const hash = createHash("sha256")
  return Effect.map(
    Stream.runForEach(process.stdout, (chunk) => Effect.sync(() => hash.update(chunk))),
    () => hash.digest("hex")
  )
}

/** The child sleeps in a write, with no more under way than the windows of the broker and the client can hold. */
const untilBlocked = (process: ProcessHandle) => {
  let before = -1
  const look = Effect.map(process.status, ({ bytes }) => {
    const seen = { isSame: bytes.stdout === before, written: bytes.stdout, state: living(process.pid)?.state }
    before = bytes.stdout
    return seen
  })
  return eventually("the child is blocked", look, ({ isSame, state }) => isSame && state === "S").pipe(
    Effect.tap(({ written }) => Effect.sync(() => assert.isAtMost(written, 2 * MIB)))
  )
}

const endings = (it: SuiteIt, makePort: MakePort): void => {
  it.effect("a client that disconnects loses its processes, and whoever still reads from one is told", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(connect(makePort), scope)
      const process = yield* spawnScript(client, "echo ready; exec sleep 1000")
      yield* waitForLine(process, "ready")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Effect.flip(process.exit))._tag, "BrokerUnavailable")
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(process.stderr)))._tag, "BrokerUnavailable")
      yield* eventually("its processes have ended", client.living, (left) => left.length === 0)
    })
  )

  it.effect("a client that comes back with the same token attaches to what its policy has kept", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint({ ...testPolicy, disconnect: "keep" })
      const port = yield* makePort(broker)
      const lost = yield* Client.connect(port, token)
      const process = yield* spawnScript(lost, "echo ready; read line; echo $line")
      yield* waitForLine(process, "ready")
      port.close()
      const client = yield* Client.connect(yield* makePort(broker), token)
      const again = yield* client.attach(process.id)
      yield* again.write("back\n")
      assert.strictEqual(yield* again.stdout.pipe(Stream.decodeText, Stream.mkString), "ready\nback\n")
      assert.deepStrictEqual(yield* again.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a client that comes back goes on reading where it was: no gap, and no repeat", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint({ ...testPolicy, disconnect: "keep" })
      const first = yield* Scope.make()
      const client = yield* Scope.provide(
        Effect.flatMap(makePort(broker), (port) => Client.connect(port, token)),
        first
      )
      const counting = "seq 2000; seq 3000 >&2; read line; seq 2001 4000; seq 3001 5000 >&2"
      const process = yield* Scope.provide(client.spawn("sh", ["-c", counting], { replayBytes: MIB }), first)
      // Neither is at the end of anything: not of a line, a chunk, or of what has come.
      const seen = Buffer.from(yield* process.read(1003)).toString()
      const seenErrors = Buffer.from(yield* process.readError(777)).toString()
      const from = yield* process.offsets
      assert.deepStrictEqual(from, { stdout: seen.length, stderr: seenErrors.length })
      yield* process.detach
      yield* Scope.close(first, Exit.void)
      const back = yield* Client.connect(yield* makePort(broker), token)
      const again = yield* back.attach(process.id, { from })
      assert.deepStrictEqual(again.gone, { stdout: 0, stderr: 0 })
      yield* again.write("\n")
      const textOf = (stream: ProcessHandle["stdout"]) => stream.pipe(Stream.decodeText, Stream.mkString)
      const [rest, restErrors] = yield* Effect.all([textOf(again.stdout), textOf(again.stderr)], { concurrency: 2 })
      assert.isTrue(seen + rest === counted(4000), "a gap, or a repeat, on stdout")
      assert.isTrue(seenErrors + restErrors === counted(5000), "a gap, or a repeat, on stderr")
    }).pipe(Effect.scoped)
  )

  it.effect("a broker forgets the session of a port that is closed", () =>
    Effect.gen(function* () {
      // One of its own: sessions of other tests may still be going.
      const broker = yield* Broker.start({ policyWarnings: "ignore" })
      const port = yield* makePort(broker)
      const client = yield* Client.connect(port, yield* broker.mint(testPolicy))
      yield* client.spawn("sleep", ["1000"])
      assert.strictEqual((yield* broker.stats).sessions, 1)
      port.close()
      yield* eventually("the session is gone", broker.stats, ({ sessions }) => sessions === 0)
    })
  )

  it.effect("a client is told that its broker has been shut down, on every handle and at the next call", () =>
    Effect.gen(function* () {
      const broker = yield* Broker.start({ policyWarnings: "ignore" })
      const client = yield* connectOver(makePort, broker)
      const process = yield* client.spawn("sleep", ["1000"])
      yield* broker.shutdown({ grace: "100 millis" })
      assert.deepStrictEqual(yield* client.living, [])
      yield* Effect.exit(Stream.runDrain(process.stdout))
      yield* Effect.exit(process.exit)
      assert.strictEqual((yield* Effect.flip(client.list()))._tag, "BrokerUnavailable")
      assert.strictEqual((yield* Effect.flip(makePort(broker)))._tag, "BrokerUnavailable")
    })
  )
}
