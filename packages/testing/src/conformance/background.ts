import { assert } from "@effect/vitest"
import type { BufferedOutput, ClientHandle, ProcessId } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { connect, eventually, fixture, node } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Asks until nothing more will follow, and puts all that came together. */
const readAll = (client: ClientHandle, id: ProcessId) =>
  Effect.gen(function* () {
    const parts: Array<BufferedOutput> = []
    const last = yield* client.readOutput(id).pipe(
      Effect.tap((part) => Effect.sync(() => parts.push(part))),
      Effect.repeat({ until: ({ ended }) => ended, schedule: Schedule.spaced("5 millis") })
    )
    return {
      last,
      stdout: parts.map(({ stdout }) => stdout).join(""),
      stderr: parts.map(({ stderr }) => stderr).join("")
    }
  })

export const background = (it: SuiteIt): void => {
  it.effect("runs a line of the default shell, and tells what it puts out, piece by piece and once", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      const id = yield* client.start("echo one; echo two >&2; echo three; exit 4")
      const { last, stdout, stderr } = yield* readAll(client, id)
      assert.strictEqual(stdout, "one\nthree\n")
      assert.strictEqual(stderr, "two\n")
      assert.isFalse(last.running)
      assert.strictEqual(last.exitCode, 4)
      const again = yield* client.readOutput(id)
      assert.deepStrictEqual([again.stdout, again.stderr, again.dropped], ["", "", { stdout: 0, stderr: 0 }])
    })
  )

  it.effect("runs a command without a shell where it is given as a list", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const id = yield* client.start(["printf", "%s;", "$HOME", "a b"])
      assert.strictEqual((yield* readAll(client, id)).stdout, "$HOME;a b;")
    })
  )

  it.effect("is listed with its command and how long it has run, and can be killed by id and by PID", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      const first = yield* client.start("exec sleep 60")
      const second = yield* client.start("exec sleep 61")
      const listed = (yield* client.list()).filter(({ id }) => id === first || id === second)
      assert.deepStrictEqual(
        listed.map(({ command, args }) => [command, ...args]),
        [
          ["sh", "-c", "exec sleep 60"],
          ["sh", "-c", "exec sleep 61"]
        ]
      )
      for (const { elapsedMs } of listed) assert.isAtLeast(elapsedMs, 0)
      yield* client.kill({ id: first })
      yield* client.kill({ pid: listed[1]!.pid! })
      yield* eventually("both are gone", client.living, (processes) => processes.length === 0)
      assert.deepStrictEqual((yield* readAll(client, second)).last.exit, { _tag: "Signaled", signal: "SIGTERM" })
      // The system knows of it before the broker does.
      yield* eventually("the broker has heard of it", client.get(first), ({ state }) => state === "closed")
      assert.strictEqual((yield* Effect.flip(client.kill({ id: first })))._tag, "AlreadyExited")
      assert.strictEqual((yield* Effect.flip(client.kill({ pid: 1 as never })))._tag, "ProcessNotFound")
    })
  )

  it.effect("never waits for a reader, and counts what is no longer kept", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 4 * 1024 * 1024
      const id = yield* client.start([node, fixture("write-counting.js"), String(total)], { replayBytes: 100_000 })
      yield* eventually("it has ended", client.get(id), ({ state }) => state === "closed")
      const { stdoutBytes, dropped, ended } = yield* client.readOutput(id)
      assert.strictEqual(stdoutBytes.byteLength, 100_000)
      assert.strictEqual(dropped.stdout, total - 100_000)
      assert.isTrue(ended)
      const view = new DataView(stdoutBytes.buffer, stdoutBytes.byteOffset)
      assert.strictEqual(view.getUint32(stdoutBytes.byteLength - 4, true), total / 4 - 1)
    })
  )

  it.effect("decodes a character that comes in two pieces", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      const id = yield* client.start("printf '\\303'; read line; printf '\\244'", { stdin: "pipe" })
      const first = yield* eventually(
        "the first half is there",
        client.readOutput(id),
        ({ stdoutBytes }) => stdoutBytes.byteLength === 1
      )
      assert.strictEqual(first.stdout, "")
      const handle = yield* client.attach(id)
      yield* handle.write("\n")
      assert.strictEqual((yield* readAll(client, id)).stdout, "ä")
    })
  )

  it.effect("gives each connection its own place in the output", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      const observer = yield* connect({ subject: "observer", observe: "all" })
      const id = yield* client.start("echo hello")
      assert.strictEqual((yield* readAll(client, id)).stdout, "hello\n")
      assert.strictEqual((yield* readAll(observer, id)).stdout, "hello\n")
    })
  )

  it.effect("has a default shell that can be read, set and restored", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      assert.deepStrictEqual(yield* client.defaultShell, { program: "sh", args: ["-c"] })
      yield* client.setDefaultShell({ program: "printf", args: ["<%s>", "before"] })
      assert.deepStrictEqual(yield* client.defaultShell, { program: "printf", args: ["<%s>", "before"] })
      assert.strictEqual((yield* readAll(client, yield* client.start("the line"))).stdout, "<before><the line>")
      yield* client.setDefaultShell(null)
      assert.strictEqual((yield* readAll(client, yield* client.start("echo $((1 + 1))"))).stdout, "2\n")
      for (const wrong of ["sh", { program: "", args: [] }, { program: "sh" }, { program: "sh", args: [1] }]) {
        assert.strictEqual((yield* Effect.flip(client.setDefaultShell(wrong as never)))._tag, "InvalidArgument")
      }
    })
  )

  it.effect("runs no shell that the policy does not allow, in whatever way it is asked for", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const ruleOf = (attempt: Effect.Effect<unknown, { readonly _tag: string; readonly rule?: string }>) =>
        Effect.map(Effect.flip(attempt), ({ _tag, rule }) => [_tag, rule])
      const attempts = [
        client.start("echo hello"),
        client.setDefaultShell({ program: "bash", args: ["-c"] }),
        client.setDefaultShell(null),
        client.run("echo hello", [], { shell: true }),
        client.run("echo hello", [], { shell: { program: "sh", args: ["-c"] } })
      ]
      for (const attempt of attempts) {
        assert.deepStrictEqual(yield* ruleOf(attempt as never), ["PermissionDenied", "shell"])
      }
      const denied = yield* connect({ shell: true, deny: ["cat"] })
      const asShell = denied.run("x", [], { shell: { program: "cat", args: [] } })
      assert.deepStrictEqual(yield* ruleOf(asShell as never), ["PermissionDenied", "deny[0]"])
    })
  )

  it.effect("takes a line of shell in `run` and `spawn`, and no arguments beside it", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true, commands: [] })
      const { stdout } = yield* client.run("printf a; printf b | tr b c", [], { shell: true })
      assert.strictEqual(stdout, "ac")
      const error = yield* Effect.flip(client.run("echo", ["$HOME"], { shell: true }))
      assert.strictEqual(error._tag === "InvalidArgument" && error.argument, "args")
      // The policy names no command, so without a shell nothing runs.
      assert.strictEqual((yield* Effect.flip(client.run("printf", ["a"])))._tag, "PermissionDenied")
    })
  )

  it.effect("ends with the connection", () =>
    Effect.gen(function* () {
      const client = yield* connect({ shell: true })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const other = yield* connect({ shell: true })
          const id = yield* other.start("exec sleep 60")
          assert.isTrue((yield* other.readOutput(id)).running)
          // While it becomes `sleep` it has no environment to be found by.
          yield* eventually("it lives", other.living, (found) => found.length === 1)
        })
      )
      yield* eventually("nothing of it is left", client.list(), (all) => all.every(({ exit }) => exit !== undefined))
    })
  )
}
