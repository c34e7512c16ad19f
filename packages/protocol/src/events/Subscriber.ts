/**
 * Subscriptions as streams: asks for what the broker holds, whenever the reader wants more.
 */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Remote } from "../derive/remote.ts"
import type { InvalidArgument, ProcessError } from "../errors/ProcessError.ts"
import type { EventOperations, Subscription } from "../operations/events.ts"
import type { BusEvent } from "./BusEvent.ts"
import type { EventFilter } from "./EventFilter.ts"
import type { Topic } from "./Topic.ts"

/** Messages that a subscriber does not get: so many, since he was too slow; or one, since it does not fit his schema. */
export type Skipped =
  | { readonly _tag: "Lagged"; readonly missed: number }
  | { readonly _tag: "Unreadable"; readonly error: InvalidArgument }

export interface SubscribeOptions {
  /**
   * Runs in the place of each message, or of several, that are passed over.
   * @default a warning in the log
   */
  readonly onSkipped?: ((skipped: Skipped) => Effect.Effect<void>) | undefined
}

/** What one who listens to facts takes along from one connection to the next. */
export interface Listening {
  /** When he last began to, on the clock of the machine. Absent: he never has. */
  since?: number
}

/** The end of a connection that subscribes. */
export class Subscriber {
  readonly #call: Remote<EventOperations>
  #last: Subscription = 0

  constructor(call: Remote<EventOperations>) {
    this.#call = call
  }

  /** `listening`: of one who goes on. It is kept up to date. */
  events(filter: EventFilter, listening: Listening = {}): Stream.Stream<BusEvent, ProcessError> {
    return this.#stream(
      (subscription) =>
        Effect.suspend(() => {
          // Before the broker is asked, so that whatever restarts it afterwards is later.
          const since = Date.now()
          return Effect.map(this.#call.observe({ subscription, filter, ...listening }), () => {
            listening.since = since
          })
        }),
      (subscription) => this.#call.nextEvents({ subscription })
    )
  }

  messages<Message>(
    topic: Topic<Message>,
    { onSkipped: skip = warn(topic.name) }: SubscribeOptions = {}
  ): Stream.Stream<Message, ProcessError> {
    const read = (text: string): Effect.Effect<ReadonlyArray<Message>> =>
      Result.match(topic.decode(text), {
        onSuccess: (message) => Effect.succeed([message]),
        onFailure: (error) => Effect.as(skip({ _tag: "Unreadable", error }), [])
      })
    return this.#stream(
      (subscription) => this.#call.subscribe({ subscription, topic: topic.name }),
      (subscription) =>
        Effect.flatMap(this.#call.nextMessages({ subscription }), ({ missed, messages }) =>
          Effect.andThen(
            missed > 0 ? skip({ _tag: "Lagged", missed }) : Effect.void,
            Effect.map(Effect.forEach(messages, read), (parts) => parts.flat())
          )
        )
    )
  }

  publish<Message>(topic: Topic<Message>, message: Message): Effect.Effect<number, ProcessError> {
    return Effect.suspend(() => Effect.fromResult(topic.encode(message))).pipe(
      Effect.flatMap((text) => this.#call.publish({ topic: topic.name, message: text }))
    )
  }

  #stream<A>(
    open: (subscription: Subscription) => Effect.Effect<void, ProcessError>,
    next: (subscription: Subscription) => Effect.Effect<ReadonlyArray<A>, ProcessError>
  ): Stream.Stream<A, ProcessError> {
    return Stream.scoped(
      Stream.fromPull(
        Effect.map(this.#open(open), (subscription) => {
          const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, ProcessError> = Effect.flatMap(
            next(subscription),
            (items) => (isNonEmpty(items) ? Effect.succeed(items) : pull)
          )
          return pull
        })
      )
    )
  }

  #open(
    open: (subscription: Subscription) => Effect.Effect<void, ProcessError>
  ): Effect.Effect<Subscription, ProcessError, Scope.Scope> {
    return Effect.suspend(() => {
      const subscription = ++this.#last
      return Effect.acquireRelease(Effect.as(open(subscription), subscription), () =>
        Effect.ignore(this.#call.unsubscribe({ subscription }))
      )
    })
  }
}

const warn =
  (topic: string) =>
  (skipped: Skipped): Effect.Effect<void> =>
    Effect.logWarning(
      skipped._tag === "Lagged"
        ? `Messages of the topic ${topic} that are lost, since they were not read in time: ${skipped.missed}.`
        : `A message of the topic ${topic} is passed over. ${skipped.error.message}`
    )

const isNonEmpty = <A>(items: ReadonlyArray<A>): items is Arr.NonEmptyReadonlyArray<A> => items.length > 0
