import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { connect, eventually, fixture, node, spawnFixture, spawnScript, stdoutText, waitForLine } from "../harness.ts"
import { living, type ProcessFacts } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const commandsOf = (processes: ReadonlyArray<{ readonly command: string }>) =>
  processes.map(({ command }) => command).toSorted()

const killEach = (processes: ReadonlyArray<ProcessFacts>): void => {
  for (const { pid } of processes) process.kill(pid, "SIGKILL")
}

export const grandchildren = (it: SuiteIt): void => {
  it.effect("a stream ends although a grandchild keeps its pipe open after the exit of its parent", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "sleep 1000 & echo parent")
      assert.strictEqual(yield* stdoutText(process), "parent\n")
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 0 })
      yield* Stream.runDrain(process.lifecycle)
      assert.deepStrictEqual(commandsOf(yield* client.living), ["sleep 1000"])
    })
  )

  it.effect("exit is told before the streams end that a grandchild keeps open", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "sleep 1000 & exit 4", { waitForEof: true })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 4 })
      assert.deepStrictEqual((yield* process.status).running, false)
      assert.deepStrictEqual(commandsOf(yield* client.living), ["sleep 1000"])
    })
  )

  it.effect("run answers although a grandchild keeps the pipes open, and ends the grandchild", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run("sh", ["-c", "sleep 1000 & echo parent"])
      assert.strictEqual(result.stdout, "parent\n")
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("waitForEof waits for what a grandchild still has to say", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // Half a second of silence is five times the idle grace, which must not matter here.
      const process = yield* spawnScript(client, "(sleep 0.5; echo late) & echo early", { waitForEof: true })
      assert.strictEqual(yield* stdoutText(process), "early\nlate\n")
    })
  )

  it.effect("a grandchild that goes on printing after the exit of its parent is not cut off", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      // 40 ms apart for 1.2 s: each line comes within the idle grace of 100 ms, all of them take twelve times as long.
      const process = yield* spawnFixture(client, "grandchild-ticks.js", ["30", "40"])
      assert.strictEqual(yield* stdoutText(process), Array.from({ length: 30 }, (_, tick) => `${tick + 1}\n`).join(""))
    })
  )

  it.effect("a scope that closes ends the whole group", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const process = yield* spawnScript(client, "sleep 1001 & sh -c 'sleep 1002 & echo ready; wait' & wait")
          yield* waitForLine(process, "ready")
          const group = yield* client.living
          assert.isAtLeast(group.length, 4)
          assert.isTrue(group.every((member) => member.group === process.pid))
        })
      )
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect(
    "a grandchild that ignores the kill signal is killed after the grace, although its parent obeys at once",
    () =>
      Effect.gen(function* () {
        const client = yield* connect()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const script = `"${node}" "${fixture("ignore-sigterm.js")}" & wait`
            const process = yield* spawnScript(client, script, { forceKillAfter: "300 millis" })
            yield* waitForLine(process, "ready")
          })
        )
        assert.deepStrictEqual(yield* client.living, [])
      })
  )

  it.effect("a group whose leader has exited long ago is ended with the scope", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const process = yield* spawnScript(client, "sleep 1000 >/dev/null 2>&1 & sleep 1000 >/dev/null 2>&1 &")
          yield* Stream.runDrain(process.all)
          yield* process.exit
          yield* Stream.runDrain(process.lifecycle)
          assert.isUndefined(living(process.pid))
          assert.deepStrictEqual(commandsOf(yield* client.living), ["sleep 1000", "sleep 1000"])
        })
      )
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("a descendant that has left the group holds nobody up, and is not hunted", () =>
    Effect.gen(function*() {
      const client = yield* connect()
      yield* Effect.addFinalizer(() => Effect.map(client.living, killEach))
      yield* Effect.scoped(Effect.gen(function*() {
        const process = yield* spawnScript(client, "setsid sleep 1000 & echo ready; wait")
        yield* waitForLine(process, "ready")
        const hasLeft = (members: ReadonlyArray<ProcessFacts>) => members.some(({ session }) => session !== process.pid)
        yield* eventually("it leads a session of its own", client.living, hasLeft)
      }))
      assert.deepStrictEqual(commandsOf(yield* client.living), ["sleep 1000"])
    }))

  it.effect("a signal reaches the whole group", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "sleep 1000 & echo ready; wait", { waitForEof: true })
      yield* waitForLine(process, "ready")
      yield* process.kill()
      // With waitForEof only the death of the grandchild ends the stream.
      yield* Stream.runDrain(process.stdout)
      assert.deepStrictEqual(yield* process.exit, { _tag: "Signaled", signal: "SIGTERM" })
    })
  )
}
