import type { ExitStatus, LifecycleEvent, ProcessError } from "@spawnbroker/protocol"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"

/** Told when somebody begins to wait for a fact, and when he no longer does. */
export interface Waiting {
  add(by: 1 | -1): void
}

/** The facts of a process's life, kept so that each subscriber gets all of them. */
export class LifecycleLog {
  readonly #events: Array<LifecycleEvent> = []
  /** Made for the first. Few processes have any, and many live at a time. */
  #subscribers: Set<() => void> | undefined
  readonly #exit = Deferred.makeUnsafe<ExitStatus, ProcessError>()
  readonly #waiting: Waiting | undefined
  #error: ProcessError | undefined
  #isClosed = false

  constructor(waiting?: Waiting) {
    this.#waiting = waiting
  }

  /** Nothing more will be added. */
  get isOver(): boolean {
    return this.#isClosed || this.#error !== undefined
  }

  /** The facts that have come so far. */
  get known(): ReadonlyArray<LifecycleEvent> {
    return this.#events
  }

  get hasExited(): boolean {
    return Deferred.isDoneUnsafe(this.#exit)
  }

  get exit(): Effect.Effect<ExitStatus, ProcessError> {
    return Deferred.await(this.#exit)
  }

  /** Every fact from the first to `Closed`. */
  get stream(): Stream.Stream<LifecycleEvent, ProcessError> {
    return Stream.fromPull(
      Effect.sync(() => {
        let next = 0
        const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<LifecycleEvent>, ProcessError> = Effect.suspend(() => {
          const events = this.#events.slice(next)
          next = this.#events.length
          if (Arr.isArrayNonEmpty(events)) return Effect.succeed(events)
          if (this.#error !== undefined) return Effect.fail(this.#error)
          return this.isOver
            ? Cause.done()
            : Effect.andThen(
                this.#changed(() => next),
                pull
              )
        })
        return pull
      })
    )
  }

  /** The first facts, which may be known later than others. Nobody can have asked before. */
  began(events: ReadonlyArray<LifecycleEvent>): void {
    this.#events.unshift(...events)
  }

  add(event: LifecycleEvent): void {
    this.#events.push(event)
    if (event._tag === "Closed" || event._tag === "Failed") this.#isClosed = true
    if (event._tag === "Exited") Deferred.doneUnsafe(this.#exit, Effect.succeed(event.status))
    this.#notify()
  }

  fail(error: ProcessError): void {
    if (this.isOver) return
    this.#error = error
    Deferred.doneUnsafe(this.#exit, Effect.fail(error))
    this.#notify()
  }

  #notify(): void {
    for (const notify of [...(this.#subscribers ?? [])]) notify()
  }

  #changed(seen: () => number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.#events.length > seen() || this.isOver) return resume(Effect.void)
      const subscribers = (this.#subscribers ??= new Set())
      const forget = (): void => {
        if (subscribers.delete(notify)) this.#waiting?.add(-1)
      }
      const notify = (): void => {
        forget()
        resume(Effect.void)
      }
      subscribers.add(notify)
      this.#waiting?.add(1)
      return Effect.sync(forget)
    })
  }
}
