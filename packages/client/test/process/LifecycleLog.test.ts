import { assert, describe, it } from "@effect/vitest"
import { BrokerUnavailable, type LifecycleEvent, Pid } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { LifecycleLog } from "../../src/process/LifecycleLog.ts"

const life: ReadonlyArray<LifecycleEvent> = [
  { _tag: "Starting", at: 1 },
  { _tag: "Started", at: 2, pid: Pid.make(7) },
  { _tag: "Killed", at: 3, by: "timeout", signal: "SIGTERM" },
  { _tag: "Exited", at: 4, status: { _tag: "Exited", code: 3 } },
  { _tag: "Closed", at: 5, dropped: { stdout: 0, stderr: 0 } }
]
const gone = new BrokerUnavailable({ reason: "test" })
const collect = (log: LifecycleLog) => Stream.runCollect(log.stream)
const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

describe("the log of a life", () => {
  it.effect("gives every fact to each subscriber, however late it comes", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      const readers = []
      for (const event of life) {
        readers.push(yield* fork(collect(log)))
        log.add(event)
        yield* Effect.yieldNow
      }
      readers.push(yield* fork(collect(log)))
      for (const reader of readers) assert.deepStrictEqual(yield* Fiber.join(reader), life as Array<LifecycleEvent>)
    })
  )

  it.effect("is read twice by one stream that is run twice", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      const { stream } = log
      for (const event of life) log.add(event)
      assert.strictEqual((yield* Stream.runCollect(stream)).length, 5)
      assert.strictEqual((yield* Stream.runCollect(stream)).length, 5)
    })
  )

  it.effect("knows the exit at `Exited`, before the life is over", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      const exit = yield* fork(log.exit)
      for (const event of life.slice(0, 4)) log.add(event)
      assert.deepStrictEqual(yield* Fiber.join(exit), { _tag: "Exited", code: 3 })
      assert.isTrue(log.hasExited)
      assert.isFalse(log.isOver)
    })
  )

  it.effect("fails its subscribers after what they have not seen yet, and whoever waits for the exit", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      log.add(life[0]!)
      const exit = yield* fork(Effect.flip(log.exit))
      const seen: Array<string> = []
      const reader = yield* fork(
        Effect.flip(Stream.runForEach(log.stream, ({ _tag }) => Effect.sync(() => seen.push(_tag))))
      )
      log.add(life[1]!)
      log.fail(gone)
      log.fail(new BrokerUnavailable({ reason: "later" }))
      assert.strictEqual(yield* Fiber.join(exit), gone)
      assert.strictEqual(yield* Fiber.join(reader), gone)
      assert.deepStrictEqual(seen, ["Starting", "Started"])
    })
  )

  it.effect("keeps an exit that was known when the connection ended", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      for (const event of life.slice(0, 4)) log.add(event)
      log.fail(gone)
      assert.deepStrictEqual(yield* log.exit, { _tag: "Exited", code: 3 })
      assert.strictEqual(yield* Effect.flip(collect(log)), gone)
    })
  )

  it.effect("is not failed once it is over", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      for (const event of life) log.add(event)
      log.fail(gone)
      assert.strictEqual((yield* collect(log)).length, 5)
    })
  )

  it.effect("ends after a failed start", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      log.add(life[0]!)
      log.add({ _tag: "Failed", at: 2, message: "ENOENT" })
      assert.deepStrictEqual(
        (yield* collect(log)).map(({ _tag }) => _tag),
        ["Starting", "Failed"]
      )
    })
  )

  it.effect("forgets a subscriber that has gone", () =>
    Effect.gen(function* () {
      const log = new LifecycleLog()
      const readers = yield* Effect.forEach(Array.from({ length: 100 }), () => fork(collect(log)))
      yield* Effect.forEach(readers, Fiber.interrupt)
      const last = yield* fork(collect(log))
      for (const event of life) log.add(event)
      assert.strictEqual((yield* Fiber.join(last)).length, 5)
    })
  )
})
