import { assert } from "@effect/vitest"
import { signals, type Signal } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { connect, eventually, spawnScript, stdoutText } from "../harness.ts"
import { living } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Ignored unless they are handled, see signal(7). */
const ignored: ReadonlyArray<Signal> = ["SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT"]
/** Stop a process, but not one whose group is orphaned, which that of a session leader is; see setpgid(2). */
const terminalStops: ReadonlyArray<Signal> = ["SIGTSTP", "SIGTTIN", "SIGTTOU"]
const harmless = [...ignored, ...terminalStops]
const fatal = signals.filter((signal) => signal !== "SIGSTOP" && !harmless.includes(signal))

export const exitStatus = (it: SuiteIt): void => {
  it.effect("is the exit code, for each from 0 to 255", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const codes = Array.from({ length: 256 }, (_, code) => code)
      const exits = yield* Effect.forEach(codes, (code) => client.run("sh", ["-c", `exit ${code}`]), {
        concurrency: 16
      })
      assert.deepStrictEqual(
        exits.map(({ exit }) => exit),
        codes.map((code) => ({ _tag: "Exited" as const, code }))
      )
    })
  )

  it.effect.each(fatal)("is %s after that signal", (signal) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"])
      yield* process.kill({ signal })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal })
      const events = yield* Stream.runCollect(process.lifecycle)
      const { at: _, ...killed } = events.at(-3)!
      assert.deepStrictEqual(killed, { _tag: "Killed", by: "client", signal })
    })
  )

  it.effect("is not touched by the signals that do nothing by default", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      for (const signal of harmless) yield* process.kill({ signal })
      yield* process.write("still here")
      yield* process.closeStdin
      assert.strictEqual(yield* stdoutText(process), "still here")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      assert.isFalse((yield* Stream.runCollect(process.lifecycle)).some(({ _tag }) => _tag === "Killed"))
    })
  )

  it.effect("does not come from a stop: SIGSTOP halts, SIGCONT goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("cat")
      const state = Effect.sync(() => living(process.pid)?.state)
      yield* process.kill({ signal: "SIGSTOP" })
      yield* eventually("it is stopped", state, (letter) => letter === "T")
      assert.isTrue((yield* process.status).running)
      yield* process.kill({ signal: "SIGCONT" })
      yield* eventually("it goes on", state, (letter) => letter === "S")
      yield* process.closeStdin
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("of a stopped process is that of its kill", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("sleep", ["1000"], { forceKillAfter: "100 millis" })
      yield* process.kill({ signal: "SIGSTOP" })
      yield* eventually(
        "it is stopped",
        Effect.sync(() => living(process.pid)?.state),
        (letter) => letter === "T"
      )
      yield* process.kill({ signal: "SIGKILL" })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGKILL" })
    })
  )

  it.effect("is a signal that a process sends to itself, and nobody is said to have killed it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "kill -SEGV $$")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGSEGV" })
      assert.isFalse((yield* Stream.runCollect(process.lifecycle)).some(({ _tag }) => _tag === "Killed"))
      assert.isUndefined((yield* process.status).killedBy)
    })
  )
}
