/**
 * Sees to it that there is a worker: one that dies or hangs is followed by another.
 *
 * It does not bring back what the dead one had: its children are ended by their launcher, its clients lose their ports. What
 * the host knows itself (its tokens) the next one gets when it starts.
 */
import { BrokerUnavailable } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { WorkerThread } from "./start-worker.ts"

/** A worker that has lived so long is no part of a series of failures. */
const HEALTHY_MS = 10_000
/** Failures in a row after which no other is started: something is wrong that will not pass. */
const MAX_FAILURES = 10
/** Before the next is started, from the second failure on; it doubles. */
const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 5000

export interface Supervised {
  /** The worker of now. While it is being replaced, the next one. */
  readonly current: Effect.Effect<WorkerThread, BrokerUnavailable>
  /** How often it was replaced. */
  readonly replaced: () => number
  /** The same as {@link current}, and once more with the next one if that dies meanwhile. */
  readonly retrying: <A, E>(
    use: (thread: WorkerThread) => Effect.Effect<A, E | BrokerUnavailable>
  ) => Effect.Effect<A, E | BrokerUnavailable>
  /** No other is started from now on, and there is none for anybody else. Answers the last one, if there is one. */
  readonly retire: (reason: BrokerUnavailable) => WorkerThread | undefined
}

/** `start`: the first worker, the second, and so on, each with a scope of its own. `previousEnd`: why there is a second. */
export const superviseWorker = (
  start: (
    incarnation: number,
    previousEnd: string | undefined
  ) => Effect.Effect<WorkerThread, BrokerUnavailable, Scope.Scope>
): Effect.Effect<Supervised, BrokerUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    // Of all workers, also those to come: whatever is to run before they end is registered after this, and so runs first.
    const scope = yield* Scope.fork(yield* Effect.scope)
    const run = Effect.runForkWith(yield* Effect.context())
    let current: Effect.Effect<WorkerThread, BrokerUnavailable>
    let next: Deferred.Deferred<WorkerThread, BrokerUnavailable> | undefined
    let thread: WorkerThread | undefined
    let isRetired = false
    let incarnation = 0
    let failures = 0

    const startOnce = (previousEnd?: string): Effect.Effect<WorkerThread, BrokerUnavailable> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const own = yield* Scope.fork(scope)
          const startedAt = performance.now()
          const started = yield* restore(Scope.provide(start(++incarnation, previousEnd), own)).pipe(
            Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
          )
          if (!isRetired) thread = started
          void started.ended.then((reason) => {
            if (isRetired) return
            const lastWord = started.lastWord()
            if (lastWord !== undefined) {
              retire(new BrokerUnavailable({ reason: lastWord }))
              return
            }
            thread = undefined
            if (performance.now() - startedAt > HEALTHY_MS) failures = 0
            replace(reason, own)
          })
          return started
        })
      )

    const retire: Supervised["retire"] = (reason) => {
      isRetired = true
      const last = thread
      thread = undefined
      current = Effect.fail(reason)
      if (next !== undefined) Deferred.doneUnsafe(next, current)
      return last
    }

    /** The next one, where there has been no failure too many. Each is counted before it is known. */
    const startNext = (reason: string): Effect.Effect<WorkerThread, BrokerUnavailable> =>
      Effect.suspend(() => {
        if (++failures > MAX_FAILURES) {
          const often = `its thread ended ${failures} times in a row, the last time since ${reason}`
          return Effect.fail(new BrokerUnavailable({ reason: often }))
        }
        const startIt = Effect.suspend(() => (isRetired ? Effect.fail(retired) : startOnce(reason)))
        return Effect.delay(startIt, pauseAfter(failures))
      }).pipe(Effect.retry({ while: () => failures <= MAX_FAILURES && !isRetired }))

    const replace = (reason: string, own: Scope.Closeable): void => {
      const waiting = Deferred.makeUnsafe<WorkerThread, BrokerUnavailable>()
      next = waiting
      current = Deferred.await(waiting)
      const replacing = Effect.logError(`The broker's thread ended: ${reason}. It is replaced.`).pipe(
        Effect.annotateLogs({ "spawnbroker.part": "host" }),
        Effect.andThen(Scope.close(own, Exit.void)),
        Effect.andThen(startNext(reason)),
        Effect.exit,
        Effect.map((exit) => {
          // Unless it is retired.
          if (Deferred.doneUnsafe(waiting, exit)) current = exit
        })
      )
      run(Effect.forkIn(replacing, scope))
    }

    current = Effect.succeed(yield* startOnce())
    const latest = Effect.suspend(() => current)
    return {
      current: latest,
      replaced: () => incarnation - 1,
      retrying: (use) =>
        Effect.flatMap(latest, use).pipe(
          // Its port closes before its end is heard of.
          Effect.retry({
            schedule: untilSettled,
            while: (error) => error instanceof BrokerUnavailable && !isRetired
          })
        ),
      retire
    }
  })

const retired = new BrokerUnavailable({ reason: "it is being shut down" })

const pauseAfter = (failures: number): number =>
  failures <= 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 2), MAX_PAUSE_MS)

/** Between the end of a port and the word that the thread has ended there are milliseconds. */
const untilSettled = Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 50 }))
