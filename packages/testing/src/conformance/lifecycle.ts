import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { ProcessHandle } from "@spawnbroker/client"
import { connect, spawnScript } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const tagsOf = (process: ProcessHandle) =>
  Effect.map(Stream.runCollect(process.lifecycle), (events) => events.map(({ _tag }) => _tag))

const whole = ["Starting", "Started", "Exited", "Closed"] as const

export const lifecycle = (it: SuiteIt): void => {
  it.effect("is Starting, Started, Exited, Closed, with the PID and the status, in the order of time", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "echo out; exit 3")
      const events = yield* Stream.runCollect(process.lifecycle)
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        [...whole]
      )
      assert.deepInclude(events[1]!, { pid: process.pid })
      assert.deepInclude(events[2]!, { status: { _tag: "Exited", code: 3 } })
      assert.deepStrictEqual(
        events.map(({ at }) => at),
        events.map(({ at }) => at).toSorted((a, b) => a - b)
      )
    })
  )

  it.effect("is the same for whoever comes early, late, or after the end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "read line")
      const early = yield* Effect.forkChild(tagsOf(process), { startImmediately: true })
      yield* process.closeStdin
      yield* process.exit
      const late = yield* tagsOf(process)
      const [first, again] = [yield* Fiber.join(early), yield* tagsOf(process)]
      assert.deepStrictEqual([first, late, again], [[...whole], [...whole], [...whole]])
    })
  )

  it.effect("has Exited before Closed, and Closed once the output is over, however much there is", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* client.spawn("head", ["-c", "500000", "/dev/zero"])
      const exit = yield* process.exit
      assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
      const bytes = yield* Stream.mkUint8Array(process.stdout)
      assert.strictEqual(bytes.byteLength, 500_000)
      assert.deepStrictEqual(yield* tagsOf(process), [...whole])
    })
  )

  it.effect("stays Exited, and not Closed, while a grandchild holds the pipe and its end is waited for", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "sleep 1000 & :", { waitForEof: true })
      yield* process.exit
      // Three times the idle grace, in which nothing may happen.
      yield* Effect.sleep("300 millis")
      assert.strictEqual((yield* client.get(process.id)).state, "exited")
      const { exit } = yield* client.run("sh", ["-c", `kill -KILL -${process.pid}`])
      assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
      assert.deepStrictEqual(yield* tagsOf(process), [...whole])
      assert.strictEqual((yield* client.get(process.id)).state, "closed")
    })
  )

  it.effect("has one end for many waiters", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnScript(client, "read line; exit 9")
      const waiters = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => process.exit),
          { concurrency: "unbounded" }
        )
      )
      yield* process.closeStdin
      const exits = yield* Fiber.join(waiters)
      assert.isTrue(exits.every((exit) => exit._tag === "Exited" && exit.code === 9))
    })
  )

  it.effect("of 200 processes at once is complete for each", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const lives = yield* Effect.forEach(
        Array.from({ length: 200 }),
        () => Effect.scoped(Effect.flatMap(client.spawn("true"), tagsOf)),
        { concurrency: 50 }
      )
      assert.deepStrictEqual(
        lives.filter((tags) => tags.join() !== whole.join()),
        []
      )
    })
  )
}
