import { assert } from "@effect/vitest"
import { Client, type ProcessError, type ProcessHandle } from "@spawnbroker/client"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  connect,
  eventually,
  fixture,
  node,
  spawnFixture,
  spawnScript,
  stdoutText,
  temporaryDirectory,
  waitForLine
} from "../harness.ts"
import { symlinkSync } from "node:fs"
import type { SuiteIt } from "./SuiteIt.ts"

/** What is known of its end, once all of it is. */
const endOf = (process: ProcessHandle) =>
  Effect.map(Stream.runCollect(process.lifecycle), (facts) => ({
    exceeded: facts.find((fact) => fact._tag === "Exceeded")?.limit,
    killedBy: facts.find((fact) => fact._tag === "Killed")?.by,
    exit: facts.find((fact) => fact._tag === "Exited")?.status
  }))

const killed = { _tag: "Signaled", signal: "SIGKILL" } as const

export const limits = (it: SuiteIt): void => {
  it.effect("an endless writer is cut at exactly its limit of bytes, ended, and says which limit it was", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { outputBytes: 100_001 } })
      const result = yield* client.run("yes")
      assert.strictEqual(result.stdoutBytes.byteLength, 100_001)
      assert.deepStrictEqual([result.limit, result.killedBy, result.failed], ["outputBytes", "limit", true])
      assert.include(result.report, "limits.outputBytes")
    })
  )

  it.effect("output up to the limit is no more than the limit, and all outputs count together", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { outputBytes: 8 } })
      const just = yield* client.run("sh", ["-c", "printf 1234; printf 5678 >&2"])
      assert.deepStrictEqual([just.stdout, just.stderr, just.limit, just.failed], ["1234", "5678", undefined, false])
      const over = yield* client.run("sh", ["-c", "printf 1234; printf 56789 >&2"])
      assert.deepStrictEqual([over.allBytes.byteLength, over.limit, over.failed], [8, "outputBytes", true])
    })
  )

  it.effect("the limit of output is told before the end of the stream that it cuts, and kept in the registry", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { outputBytes: 3 } })
      const process = yield* client.spawn("printf", ["12345"])
      assert.strictEqual(yield* stdoutText(process), "123")
      assert.strictEqual((yield* endOf(process)).exceeded, "outputBytes")
      assert.strictEqual((yield* client.get(process.id)).limit, "outputBytes")
      assert.strictEqual((yield* process.status).limit, "outputBytes")
    })
  )

  it.effect("input over the limit is refused, with how much was accepted, and what was accepted arrives", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { stdinBytes: 10 } })
      const process = yield* client.spawn("cat")
      assert.strictEqual(yield* process.write("123456"), 6)
      const refused = yield* Effect.flip(process.write("789abcdef"))
      assert.deepInclude(refused, { _tag: "LimitExceeded", limit: "stdinBytes", maximum: 10, accepted: 4 })
      yield* process.closeStdin
      assert.strictEqual(yield* stdoutText(process), "123456789a")
    })
  )

  it.effect("a run whose input is over the limit fails, and never as if it had been all", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { stdinBytes: 1000 } })
      const refused = yield* Effect.flip(client.run("wc", ["-c"], { stdin: "x".repeat(1001) }))
      assert.deepInclude(refused, { _tag: "LimitExceeded", limit: "stdinBytes", accepted: 1000 })
      assert.deepStrictEqual(yield* client.living, [])
      assert.strictEqual((yield* client.run("wc", ["-c"], { stdin: "x".repeat(1000) })).stdout.trim(), "1000")
    })
  )

  it.effect("the bytes of all writers of one process count together", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { stdinBytes: 5 } })
      const process = yield* client.spawn("cat")
      const other = yield* client.attach(process.id)
      yield* process.write("1234")
      yield* eventually("the input has been taken", process.status, ({ bytes }) => bytes.stdin >= 4)
      // Its handle does not know how much is left: the broker says so.
      yield* other.write("5678")
      yield* eventually(
        "the other writer is refused",
        Effect.match(other.write("9"), { onFailure: ({ _tag }) => _tag, onSuccess: () => "taken" }),
        (outcome) => outcome === "LimitExceeded"
      )
      yield* eventually("all of it has come back", process.status, ({ bytes }) => bytes.stdout >= 5)
      yield* process.kill()
      assert.strictEqual(yield* stdoutText(other), "12345")
    })
  )

  it.effect("wall time ends a process as a timeout does, and says that it was the limit", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { wallTime: "100 millis" } })
      const result = yield* client.run("sleep", ["1000"])
      assert.deepStrictEqual([result.limit, result.killedBy, result.timedOut], ["wallTime", "limit", false])
      assert.deepStrictEqual(result.exit, { _tag: "Signaled", signal: "SIGTERM" })
    })
  )

  it.effect("a timeout of the client's own that is shorter than the wall time is a timeout", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { wallTime: "40 days" } })
      const result = yield* client.run("sleep", ["1000"], { timeout: "50 millis" })
      assert.deepStrictEqual([result.limit, result.killedBy, result.timedOut], [undefined, "timeout", true])
    })
  )

  it.effect("a process that takes too much memory is killed", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { memoryBytes: 256 * 1024 * 1024 } })
      const modest = yield* spawnFixture(client, "take-memory.js", ["64"])
      yield* waitForLine(modest, "done")
      const greedy = yield* spawnFixture(client, "take-memory.js", ["1024"])
      assert.deepStrictEqual(yield* endOf(greedy), { exceeded: "memoryBytes", killedBy: "limit", exit: killed })
      assert.isTrue((yield* modest.status).running)
    })
  )

  it.effect("memory that processes share is counted once", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { memoryBytes: 100 * 1024 * 1024 } })
      // Eight shells after a fork, of which each has the 32 MiB of the first.
      const script = `v=$(head -c 33554432 /dev/zero | tr '\\0' x); for i in 1 2 3 4 5 6 7 8; do (sleep 60; :) >/dev/null 2>&1 & done; echo ready; read x; exit 3`
      const process = yield* spawnScript(client, script)
      yield* waitForLine(process, "ready")
      // When this one has been seen, the other has, too.
      assert.strictEqual(
        (yield* endOf(yield* spawnFixture(client, "take-memory.js", ["1024"]))).exceeded,
        "memoryBytes"
      )
      yield* process.closeStdin
      assert.deepStrictEqual(yield* endOf(process), {
        exceeded: undefined,
        killedBy: undefined,
        exit: { _tag: "Exited", code: 3 }
      })
    })
  )

  it.effect("a fork bomb is contained, and all of it is killed", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { processes: 20 } })
      const bomb = yield* client.spawn("sh", [fixture("fork-in-pairs.sh"), "6"])
      assert.deepStrictEqual(yield* endOf(bomb), { exceeded: "processes", killedBy: "limit", exit: killed })
      yield* eventually("nobody of it lives", client.living, (living) => living.length === 0)
    })
  )

  it.effect("a fork bomb whose first process exits at once is killed all the same", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { processes: 20 } })
      const bomb = yield* client.spawn("sh", ["-c", 'sh "$0" 6 & exit 0', fixture("fork-in-pairs.sh")], {
        stdout: "ignore",
        stderr: "ignore"
      })
      assert.deepStrictEqual(yield* bomb.exit, { _tag: "Exited", code: 0 })
      yield* eventually("the limit is known", client.get(bomb.id), ({ limit }) => limit === "processes")
      yield* eventually("nobody of it lives", client.living, (living) => living.length === 0)
    })
  )

  it.effect("a process that uses up its processor time is ended, whatever it does about it", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { cpuSeconds: 1 } })
      const plain = yield* spawnScript(client, "while :; do :; done")
      const deaf = yield* spawnScript(client, "trap '' XCPU TERM; while :; do :; done")
      for (const process of [plain, deaf]) {
        const { exceeded, killedBy } = yield* endOf(process)
        assert.deepStrictEqual({ exceeded, killedBy }, { exceeded: "cpuSeconds", killedBy: "limit" })
      }
    })
  )

  it.effect("the processor time of descendants counts together", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { cpuSeconds: 2 } })
      const four = yield* spawnScript(client, "for i in 1 2 3 4; do while :; do :; done & done; wait")
      assert.deepStrictEqual(yield* endOf(four), { exceeded: "cpuSeconds", killedBy: "limit", exit: killed })
      yield* eventually("nobody of it lives", client.living, (living) => living.length === 0)
    })
  )

  it.effect("descriptors, core dumps and niceness are the kernel's, from the first instruction on", () =>
    Effect.gen(function* () {
      const before = Number((yield* (yield* connect()).run("sh", ["-c", "cut -d' ' -f19 /proc/self/stat"])).stdout)
      const client = yield* connect({ limits: { openFiles: 32, coreBytes: 0, nice: 5 } })
      const { stdout } = yield* client.run("sh", [
        "-c",
        "ulimit -Sn; ulimit -Hn; ulimit -Hc; cut -d' ' -f19 /proc/self/stat"
      ])
      assert.deepStrictEqual(stdout.trim().split("\n"), ["32", "32", "0", String(Math.min(19, before + 5))])
      const opened = yield* client.run("sh", ["-c", "exec 40</dev/null"])
      assert.notDeepEqual(opened.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a limit that is higher than the broker's own leaves that", () =>
    Effect.gen(function* () {
      const own = (yield* (yield* connect()).run("sh", ["-c", "ulimit -Sn; ulimit -Hn"])).stdout
      const client = yield* connect({ limits: { openFiles: 1_000_000_000 } })
      assert.strictEqual((yield* client.run("sh", ["-c", "ulimit -Sn; ulimit -Hn"])).stdout, own)
    })
  )

  it.effect("under limits of the kernel a program that is many goes by the name it was called by", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      symlinkSync(node, `${directory}/another-name`)
      const client = yield* connect({
        commands: [{ command: "another-name", args: true }],
        env: { values: { PATH: `${directory}:/usr/bin:/bin` } },
        limits: { coreBytes: 0 }
      })
      const { stdout } = yield* client.run("another-name", ["-p", "process.argv0"])
      assert.strictEqual(stdout, `${directory}/another-name\n`)
    })
  )

  it.effect("nothing that a client has loaded runs before its limits hold, and its variables are there after", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const client = yield* connect({
        env: { set: ["LD_PRELOAD"] },
        limits: { openFiles: 32 }
      })
      // One that is not there is complained of by each program that is to load it.
      const result = yield* client.run("sh", ["-c", "ulimit -n; echo $LD_PRELOAD"], {
        env: { LD_PRELOAD: `${directory}/none.so` }
      })
      assert.strictEqual(result.stdout, `32\n${directory}/none.so\n`)
      assert.strictEqual(result.stderr.trim().split("\n").length, 1)
    })
  )

  it.effect("no more processes run at a time than the policy says, over all connections of its token", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { concurrent: 2 } })
      const second = yield* Client.connect(yield* (yield* Broker).openPort(), client.token)
      const one = yield* client.spawn("sleep", ["1000"])
      yield* second.spawn("sleep", ["1000"])
      for (const start of [client.spawn("true"), second.spawn("true"), client.start(["true"])]) {
        const error = yield* Effect.flip<unknown, ProcessError, Scope.Scope>(start)
        assert.deepInclude(error, { _tag: "LimitExceeded", limit: "concurrent", maximum: 2 })
      }
      yield* one.kill({ wait: true })
      assert.deepStrictEqual((yield* client.run("true")).exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a start that fails gives its place back, and so does a pipeline for which there is no room", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { concurrent: 2 } })
      for (let i = 0; i < 5; i++) {
        yield* Effect.flip(client.run("sh", [], { cwd: "/nowhere" }))
        const error = yield* Effect.flip(client.runPipeline(["cat", "cat", "cat"].map((command) => ({ command }))))
        assert.deepInclude(error, { _tag: "LimitExceeded", limit: "concurrent", stage: 2 })
      }
      const both = yield* client.runPipeline(["true", "cat"].map((command) => ({ command })))
      assert.isFalse(both.failed)
    })
  )

  it.effect("no more processes are started within a minute than the policy says", () =>
    Effect.gen(function* () {
      const client = yield* connect({ limits: { startsPerMinute: 3 } })
      for (let i = 0; i < 3; i++) yield* client.run("true")
      const error = yield* Effect.flip(client.run("true"))
      assert.deepInclude(error, { _tag: "LimitExceeded", limit: "startsPerMinute", maximum: 3 })
      assert.include(error.message, "startsPerMinute")
    })
  )
}
