import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import type { AttachOptions, LifecycleEvent, ProcessHandle } from "@spawnbroker/client"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import {
  connect,
  eventually,
  spawnFixture,
  spawnScript,
  stdoutText,
  temporaryDirectory,
  waitForLine
} from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** A connection more, with the token of a client that is there already. */
const connectAgain = (token: string) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    return yield* Client.connect(yield* broker.openPort(), token)
  })

const bytesOf = (stream: ProcessHandle["stdout"]) => Effect.map(Stream.mkUint8Array(stream), Buffer.from)

/** What `seq` prints. */
const numbered = (lines: number): Buffer =>
  Buffer.from(Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join(""))

/** Reads on until so many bytes have come, or all. */
const readBytes = (process: ProcessHandle<"stdout">, count: number) =>
  Effect.gen(function* () {
    const parts: Array<Uint8Array> = []
    for (let left = count; left > 0;) {
      const part = yield* process.read(left)
      if (part.byteLength === 0) break
      parts.push(part)
      left -= part.byteLength
    }
    return Buffer.concat(parts)
  })

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Situation = Schema.Struct({
  lines: int(1, 4000),
  replayBytes: int(0, 20_000),
  windowBytes: int(4096, 20_000),
  /** When to attach: after so many bytes have been read by the first, in the order of these. */
  attaches: Schema.Array(Schema.Struct({ after: int(0, 8000), chunk: int(1, 5000) })).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(3)
  )
})

const Resumption = Schema.Struct({
  lines: int(1, 4000),
  replayBytes: int(0, 20_000),
  windowBytes: int(4096, 20_000),
  /** The first reader is asked where it is after so many bytes. */
  after: int(0, 20_000),
  /** The places to go on from once all is over, in thousandths of the whole. */
  places: Schema.Array(int(0, 1000)).check(Schema.isMinLength(1), Schema.isMaxLength(4))
})

export const attaching = (it: SuiteIt): void => {
  it.effect.prop(
    "gives the end of what is kept and then all the rest, at whatever moment: never a gap, never a repeat",
    [Situation],
    ([{ lines, replayBytes, windowBytes, attaches }]) =>
      Effect.gen(function* () {
        const client = yield* connect()
        const expected = numbered(lines)
        const options = { stdin: "ignore", replayBytes, windowBytes, unread: "block" } as const
        const first = yield* client.spawn("seq", [String(lines)], options)
        const readers: Array<Fiber.Fiber<void, unknown>> = []
        let read = Buffer.alloc(0)
        for (const { after, chunk } of attaches) {
          read = Buffer.concat([read, yield* readBytes(first, after)])
          const { bytes } = yield* first.status
          const other = yield* client.attach(first.id, { windowBytes, unread: "block" })
          const reading = Effect.gen(function* () {
            const seen = yield* readBytes(other, chunk)
            const all = Buffer.concat([seen, yield* bytesOf(other.stdout)])
            // It is the end of the whole, and no less of it than what was kept.
            assert.isTrue(all.equals(expected.subarray(expected.byteLength - all.byteLength)), "a gap, or a repeat")
            const missed = expected.byteLength - all.byteLength
            assert.isAtMost(missed, Math.max(0, (yield* first.status).bytes.stdout - replayBytes))
            if (bytes.stdout <= replayBytes) assert.isAtMost(missed, expected.byteLength - bytes.stdout)
          })
          readers.push(yield* Effect.forkChild(reading, { startImmediately: true }))
        }
        const rest = yield* bytesOf(first.stdout)
        assert.isTrue(Buffer.concat([read, rest]).equals(expected), "the first reader has missed something")
        for (const reader of readers) yield* Fiber.join(reader)
        assert.deepStrictEqual(yield* first.exit, { _tag: "Exited", code: 0 })
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 500, size: 30 } }
  )

  it.effect.prop(
    "goes on from a place with exactly what follows, and tells how many bytes of it are gone",
    [Resumption],
    ([{ lines, replayBytes, windowBytes, after, places }]) =>
      Effect.gen(function* () {
        const client = yield* connect()
        const expected = numbered(lines)
        const total = expected.byteLength
        const options = { stdin: "ignore", replayBytes, windowBytes, unread: "block" } as const
        const first = yield* client.spawn("seq", [String(lines)], options)
        const read = yield* readBytes(first, after)
        const place = yield* first.offsets
        assert.deepStrictEqual(place, { stdout: Math.min(after, total), stderr: 0 })
        const other = yield* client.attach(first.id, { from: place, windowBytes, unread: "block" })
        const { bytes } = yield* first.status
        assert.isAtMost(other.gone.stdout, Math.max(0, bytes.stdout - replayBytes - place.stdout))
        const [rest, following] = yield* Effect.all([bytesOf(first.stdout), bytesOf(other.stdout)], { concurrency: 2 })
        assert.isTrue(Buffer.concat([read, rest]).equals(expected), "the first reader has missed something")
        assert.isTrue(following.equals(expected.subarray(place.stdout + other.gone.stdout)), "a gap, or a repeat")
        for (const handle of [first, other]) assert.strictEqual((yield* handle.offsets).stdout, total)
        for (const thousandth of places) {
          const stdout = Math.floor((total * thousandth) / 1000)
          const late = yield* client.attach(first.id, { from: { stdout }, windowBytes })
          assert.strictEqual(late.gone.stdout, Math.max(0, total - replayBytes - stdout))
          assert.strictEqual((yield* late.offsets).stdout, stdout + late.gone.stdout)
          assert.isTrue((yield* bytesOf(late.stdout)).equals(expected.subarray(stdout + late.gone.stdout)))
        }
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 200, size: 30 } }
  )

  it.effect("goes on from a place of each stream, and of those that are not named as `replay` says", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three")
      yield* Stream.runDrain(process.all)
      assert.deepStrictEqual(yield* process.offsets, { stdout: 10, stderr: 4 })
      for (const [options, expected] of [
        [{ from: { stdout: 4 } }, "two\nthree\n"],
        [{ from: { stdout: 4, stderr: 1 } }, "wo\nthree\n"],
        [{ from: { stderr: 4 } }, "one\nthree\n"],
        [{ from: { stdout: undefined } }, "one\ntwo\nthree\n"],
        [{ from: { stdout: 8 }, replay: false }, "e\n"],
        [{ from: yield* process.offsets }, ""]
      ] as const) {
        const other = yield* client.attach(process.id, options)
        assert.strictEqual(yield* other.all.pipe(Stream.decodeText, Stream.mkString), expected)
        assert.deepStrictEqual(other.gone, { stdout: 0, stderr: 0 })
        assert.deepStrictEqual(yield* other.offsets, yield* process.offsets)
      }
    })
  )

  it.effect("is refused from a place that the stream has not come to, or that is none", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo one", { stderr: "ignore" })
      yield* Stream.runDrain(process.stdout)
      const problemOf = (from: AttachOptions["from"]) => Effect.flip(client.attach(process.id, { from }))
      const beyond = yield* problemOf({ stdout: 5 })
      assert.deepInclude(beyond, { _tag: "InvalidArgument", argument: "from.stdout" })
      assert.include(beyond.message, "4 bytes have come so far")
      for (const from of [{ stderr: 1 }, { stdout: -1 }, { stdout: 0.5 }, { stdout: 2 ** 60 }, { stdin: 0 } as {}]) {
        assert.strictEqual((yield* problemOf(from))._tag, "InvalidArgument")
      }
      const last = yield* client.attach(process.id, { from: { stdout: 4, stderr: 0 } })
      assert.strictEqual(yield* stdoutText(last), "")
    })
  )

  it.effect("tells every fact from the first, and ends with Closed", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo up; read line; echo down; exit 3")
      yield* waitForLine(process, "up")
      const other = yield* client.attach(process.id)
      assert.strictEqual(other.pid, process.pid)
      yield* other.write("go\n")
      assert.strictEqual(yield* stdoutText(other), "up\ndown\n")
      const facts: ReadonlyArray<LifecycleEvent> = yield* Stream.runCollect(other.lifecycle)
      assert.deepStrictEqual(
        facts.map(({ _tag }) => _tag),
        ["Starting", "Started", "Exited", "Closed"]
      )
      assert.deepStrictEqual(yield* other.exit, { _tag: "Exited", code: 3 })
      assert.strictEqual(yield* stdoutText(process), "down\n")
    })
  )

  it.effect("gives what is kept of a process that has ended, stdout and stderr each and in one order", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three")
      yield* Stream.runDrain(process.all)
      yield* Stream.runDrain(process.lifecycle)
      const other = yield* client.attach(process.id)
      assert.strictEqual(yield* other.all.pipe(Stream.decodeText, Stream.mkString), "one\ntwo\nthree\n")
      const again = yield* client.attach(process.id)
      assert.strictEqual(yield* stdoutText(again), "one\nthree\n")
      assert.deepStrictEqual(yield* again.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("without replay gives only what is still to come", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo before; read line; echo after")
      yield* waitForLine(process, "before")
      const other = yield* client.attach(process.id, { replay: false })
      yield* process.write("\n")
      assert.strictEqual(yield* stdoutText(other), "after\n")
    })
  )

  it.effect("leaves the process alone when its scope closes, and says so to whoever still reads", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "read line; echo heard")
      const scope = yield* Scope.make()
      const other = yield* Scope.provide(client.attach(process.id), scope)
      const reading = yield* Effect.forkChild(Effect.flip(stdoutText(other)), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(reading))._tag, "InvalidArgument")
      assert.strictEqual((yield* Effect.flip(other.exit))._tag, "InvalidArgument")
      assert.isTrue((yield* process.status).running)
      yield* process.write("\n")
      assert.strictEqual(yield* stdoutText(process), "heard\n")
    })
  )

  it.effect(
    "shows a process to another client whose policy lets it observe, and lets it neither write nor hold it up",
    () =>
      Effect.gen(function* () {
        const owner = yield* connect()
        const observer = yield* connect({ subject: "observer", commands: [], observe: "all" })
        const total = 4 * 1024 * 1024
        const process = yield* spawnFixture(owner, "write-counting.js", [String(total)], { stdin: "pipe" })
        const seen = yield* observer.attach(process.id, { windowBytes: 4096, unread: "block" })
        assert.strictEqual((yield* Effect.flip(seen.write("x")))._tag, "InvalidArgument")
        assert.strictEqual((yield* Effect.flip(seen.kill()))._tag, "ProcessNotFound")
        // The observer reads nothing; the owner gets everything all the same.
        assert.strictEqual((yield* bytesOf(process.stdout)).byteLength, total)
        const tail = yield* bytesOf(seen.stdout)
        assert.isAbove(tail.byteLength, 0)
        assert.isBelow(tail.byteLength, total)
        assert.strictEqual(tail.readUInt32LE(tail.byteLength - 4), total / 4 - 1)
        const last = yield* Stream.runCollect(seen.lifecycle)
        assert.strictEqual(last.at(-1)?._tag, "Closed")
      })
  )

  it.effect("is ProcessNotFound for a process that the policy does not show", () =>
    Effect.gen(function* () {
      const owner = yield* connect()
      const stranger = yield* connect({ subject: "stranger" })
      const process = yield* owner.spawn("sleep", ["60"])
      assert.strictEqual((yield* Effect.flip(stranger.attach(process.id)))._tag, "ProcessNotFound")
      assert.strictEqual((yield* Effect.flip(stranger.readOutput(process.id)))._tag, "ProcessNotFound")
    })
  )

  it.effect("of a process that could not be started is refused, and says so", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const directory = yield* temporaryDirectory
      const script = join(directory, "script")
      writeFileSync(script, "#!/nonexistent/interpreter\n", { mode: 0o755 })
      const allowed = yield* connect({ commands: [{ command: script }] })
      assert.strictEqual((yield* Effect.flip(allowed.run(script)))._tag, "SpawnFailed")
      const [failed] = yield* allowed.list()
      assert.strictEqual(failed!.state, "failed")
      const error = yield* Effect.flip(allowed.attach(failed!.id))
      assert.strictEqual(error._tag, "AlreadyExited")
      assert.include(error.message, "could not be started")
      const output = yield* allowed.readOutput(failed!.id)
      assert.deepInclude(output, { stdout: "", running: false, ended: true })
      assert.strictEqual((yield* Effect.flip(client.attach(failed!.id)))._tag, "ProcessNotFound")
    })
  )

  it.effect("keeps no channel, listener or process behind", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "read line")
      for (let round = 0; round < 50; round++) yield* Effect.scoped(client.attach(process.id))
      // A channel that is left behind would make one of these fail, or the process wait for a reader that is gone.
      yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.scoped(client.attach(process.id))),
        { concurrency: "unbounded", discard: true }
      )
      yield* process.write("\n")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("goes on after `detach` when the scope closes, and can be attached to", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const scope = yield* Scope.make()
      const process = yield* Scope.provide(spawnScript(client, "echo up; read line; echo heard $line"), scope)
      yield* waitForLine(process, "up")
      yield* process.detach
      yield* Scope.close(scope, Exit.void)
      assert.isTrue((yield* client.get(process.id)).state === "running")
      const again = yield* client.attach(process.id)
      yield* again.write("you\n")
      assert.strictEqual(yield* stdoutText(again), "up\nheard you\n")
    })
  )

  it.effect("ends a detached process with its connection, unless the policy keeps it", () =>
    Effect.gen(function* () {
      for (const disconnect of ["end", "keep"] as const) {
        const first = yield* connect({ disconnect })
        const scope = yield* Scope.make()
        const second = yield* Scope.provide(connectAgain(first.token), scope)
        const process = yield* second.spawn("sleep", ["60"])
        yield* process.detach
        yield* Scope.close(scope, Exit.void)
        if (disconnect === "end") {
          yield* eventually("it is gone", first.living, (processes) => processes.length === 0)
        } else {
          const again = yield* first.attach(process.id)
          assert.isTrue((yield* again.status).running)
          yield* first.kill({ id: process.id })
          assert.deepStrictEqual(yield* again.exit, { _tag: "Signaled", signal: "SIGTERM" })
        }
      }
    })
  )
}
