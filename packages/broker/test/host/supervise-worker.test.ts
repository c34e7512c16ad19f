import { assert, it } from "@effect/vitest"
import { BrokerUnavailable } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { WorkerThread } from "../../src/host/start-worker.ts"
import { superviseWorker } from "../../src/host/supervise-worker.ts"

/** A thread that can be told to end: what is supervised is when it is started again, and how often. */
const threads = () => {
  const ends: Array<(reason: string) => void> = []
  const start = (): Effect.Effect<WorkerThread> =>
    Effect.sync(() => {
      const { promise, resolve } = Promise.withResolvers<string>()
      ends.push(resolve)
      return {
        connection: {} as never,
        subscriber: {} as never,
        ended: promise,
        lastWord: () => undefined,
        stop: () => Effect.void
      }
    })
  return { ends, start }
}

const turns = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

it.effect("is replaced at once, then later and later, and after ten failures in a row no more", () =>
  Effect.gen(function* () {
    const { ends, start } = threads()
    const supervised = yield* superviseWorker(start)
    ends[0]!("the first")
    yield* turns
    yield* TestClock.adjust(0)
    assert.lengthOf(ends, 2)
    const pauses = [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]
    for (const [index, pause] of pauses.entries()) {
      ends.at(-1)!("again")
      yield* turns
      yield* TestClock.adjust(pause - 1)
      assert.lengthOf(ends, index + 2)
      yield* TestClock.adjust(1)
      yield* turns
      assert.lengthOf(ends, index + 3)
    }
    assert.strictEqual(supervised.replaced(), 10)
    ends.at(-1)!("the last")
    yield* turns
    const error = yield* Effect.flip(supervised.current)
    assert.include(error.message, "11 times in a row, the last time since the last")
  })
)

it.effect("whoever waits for the next one is told that there is none, once it is retired", () =>
  Effect.gen(function* () {
    const { ends, start } = threads()
    const supervised = yield* superviseWorker(start)
    ends[0]!("the first")
    yield* turns
    yield* TestClock.adjust(0)
    yield* turns
    ends[1]!("the second")
    yield* turns
    const waiting = yield* Effect.forkChild(Effect.flip(supervised.current), { startImmediately: true })
    supervised.retire(new BrokerUnavailable({ reason: "it was shut down" }))
    assert.strictEqual((yield* Fiber.join(waiting)).reason, "it was shut down")
    yield* TestClock.adjust("1 minute")
    assert.isAtMost(ends.length, 2)
  })
)

it.effect("is not replaced when it has said that no other is to follow, and whoever asks is told why", () =>
  Effect.gen(function* () {
    const { promise, resolve } = Promise.withResolvers<string>()
    let started = 0
    const supervised = yield* superviseWorker(() =>
      Effect.sync(() => {
        started++
        const lastWord = () => "the disk is full"
        return { connection: {} as never, subscriber: {} as never, ended: promise, lastWord, stop: () => Effect.void }
      })
    )
    resolve("it exited")
    yield* turns
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(started, 1)
    assert.include((yield* Effect.flip(supervised.current)).message, "the disk is full")
  }).pipe(Effect.scoped)
)

it.effect("its last worker ends after whatever was to run before that, also where it was not the first", () =>
  Effect.gen(function* () {
    const { ends, start } = threads()
    const order: Array<string> = []
    const tell = (what: string) => Effect.addFinalizer(() => Effect.sync(() => void order.push(what)))
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* superviseWorker((incarnation) => Effect.tap(start(), () => tell(`thread ${incarnation}`)))
        yield* tell("shutdown")
        ends[0]!("the first")
        yield* turns
        yield* TestClock.adjust(0)
        assert.lengthOf(ends, 2)
      })
    )
    assert.deepStrictEqual(order, ["thread 1", "shutdown", "thread 2"])
  })
)
