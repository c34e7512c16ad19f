import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
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
  type TestClient,
  waitForLine
} from "../harness.ts"
import { living, type ProcessFacts } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** A shell goes on, and may exit, before its background command has become another program. */
const untilThereAre = (client: TestClient, commands: ReadonlyArray<string>) =>
  eventually(
    `these are alive: ${commands.join(", ")}`,
    client.living,
    (seen) =>
      seen
        .map(({ command }) => command)
        .toSorted()
        .join() === commands.join()
  )

/** Each within the idle grace of 100 ms, all of them twelve times as long. */
const TICKS = Array.from({ length: 30 }, (_, tick) => tick + 1)
const TICK_MS = 40

/** What came of a grandchild's ticks, and whether it was cut off after it had itself been silent for the grace. */
const tickingOnce = (client: TestClient) =>
  Effect.gen(function* () {
    const notes = join(yield* temporaryDirectory, "ticks")
    const process = yield* spawnFixture(client, "grandchild-ticks.js", [`${TICKS.length}`, `${TICK_MS}`, notes])
    const lines = yield* Stream.runCollect(process.stdoutLines)
    if (lines.length === TICKS.length) return { lines, wasSilent: false }
    const times = () => readFileSync(notes, "utf8").trim().split("\n").map(Number)
    const noted = yield* eventually("the next tick is noted", Effect.sync(times), ({ length }) => length > lines.length)
    return { lines, wasSilent: noted[lines.length]! - (noted[lines.length - 1] ?? 0) > 90 }
  })

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
      yield* untilThereAre(client, ["sleep 1000"])
    })
  )

  it.effect("exit is told before the streams end that a grandchild keeps open", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "sleep 1000 & exit 4", { waitForEof: true })
      assert.deepStrictEqual(yield* process.exit, { _tag: "Exited", code: 4 })
      assert.deepStrictEqual((yield* process.status).running, false)
      yield* untilThereAre(client, ["sleep 1000"])
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
      const ticks = TICKS.map((tick) => `${tick}`)
      const attempt = Effect.scoped(tickingOnce(client))
      // On a machine that held the grandchild itself up, its silence was real, and nothing is proved: once more.
      const { lines } = yield* Effect.repeat(attempt, { until: ({ wasSilent }) => !wasSilent })
      assert.deepStrictEqual(lines, ticks)
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
          yield* untilThereAre(client, ["sleep 1000", "sleep 1000"])
        })
      )
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("a descendant that has left the group holds nobody up, and is not hunted", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      yield* Effect.addFinalizer(() => Effect.map(client.living, killEach))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const process = yield* spawnScript(client, "setsid sleep 1000 & echo ready; wait")
          yield* waitForLine(process, "ready")
          const hasLeft = (members: ReadonlyArray<ProcessFacts>) =>
            members.some(({ session }) => session !== process.pid)
          yield* eventually("it leads a session of its own", client.living, hasLeft)
        })
      )
      yield* untilThereAre(client, ["sleep 1000"])
    })
  )

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
