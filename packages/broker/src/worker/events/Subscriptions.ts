import {
  type BrokerUnavailable,
  type EventFilter,
  InvalidArgument,
  type InvalidToken,
  LimitExceeded,
  type PermissionDenied,
  type ProcessError,
  type Subscription,
  type TopicName
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { authorizeTopic, type TopicUse } from "../access/authorize-topic.ts"
import type { Bus } from "./Bus.ts"
import { EventSubscription, type Observer } from "./EventSubscription.ts"
import { Held } from "./Held.ts"
import type { Topics } from "./Topics.ts"

/** Subscriptions that one connection may have. Higher lets a client who never reads cost more memory. */
const MAX_SUBSCRIPTIONS = 32

interface Messages {
  readonly topic: TopicName
  readonly held: Held<string>
}

/** What one connection subscribes to: a client's, or the host's own. */
export class Subscriptions {
  readonly #bus: Bus
  readonly #topics: Topics
  readonly #observer: Observer
  readonly #events = new Map<Subscription, EventSubscription>()
  readonly #messages = new Map<Subscription, Messages>()
  #closed: InvalidToken | BrokerUnavailable | undefined

  constructor(bus: Bus, topics: Topics, observer: Observer) {
    this.#bus = bus
    this.#topics = topics
    this.#observer = observer
  }

  observe(subscription: Subscription, filter: EventFilter, since?: number): Effect.Effect<void, ProcessError> {
    return Effect.map(
      this.#checkFree(subscription),
      () => void this.#events.set(subscription, new EventSubscription(this.#bus, this.#observer, filter, since))
    )
  }

  subscribe(subscription: Subscription, topic: TopicName): Effect.Effect<void, ProcessError> {
    return Effect.andThen(
      this.#checkTopic("subscribe", topic),
      Effect.map(this.#checkFree(subscription), () => {
        const held = new Held<string>()
        this.#messages.set(subscription, { topic, held })
        this.#topics.subscribe(topic, held)
      })
    )
  }

  publish(topic: TopicName, message: string): Effect.Effect<number, ProcessError> {
    return Effect.map(this.#checkTopic("publish", topic), () => this.#topics.publish(topic, message))
  }

  nextEvents(subscription: Subscription) {
    return this.#events.get(subscription)?.next ?? Effect.fail(notOpen(subscription))
  }

  nextMessages(subscription: Subscription) {
    const held = this.#messages.get(subscription)?.held
    return held === undefined
      ? Effect.fail(notOpen(subscription))
      : Effect.map(held.next, ({ items, missed }) => ({ missed, messages: items }))
  }

  unsubscribe(subscription: Subscription): Effect.Effect<void> {
    return Effect.sync(() => {
      const ended = notOpen(subscription)
      this.#events.get(subscription)?.close(ended)
      this.#events.delete(subscription)
      this.#endMessages(subscription, ended)
    })
  }

  /** Nothing more will happen. Whoever waits, or asks for what is held, is told why after that. */
  close(error: InvalidToken | BrokerUnavailable): void {
    this.#closed ??= error
    for (const events of this.#events.values()) events.close(error)
    for (const { topic, held } of this.#messages.values()) {
      this.#topics.unsubscribe(topic, held)
      held.close(error)
    }
  }

  /** Resolves once all facts that are held have been asked for. */
  get drained(): Promise<void> {
    return Promise.all([...this.#events.values()].map(({ drained }) => drained)).then(() => {})
  }

  #endMessages(subscription: Subscription, error: ProcessError): void {
    const messages = this.#messages.get(subscription)
    if (messages === undefined) return
    this.#messages.delete(subscription)
    this.#topics.unsubscribe(messages.topic, messages.held)
    messages.held.close(error)
  }

  #checkFree(subscription: Subscription): Effect.Effect<void, ProcessError> {
    return Effect.suspend((): Effect.Effect<void, ProcessError> => {
      if (this.#closed !== undefined) return Effect.fail(this.#closed)
      if (this.#events.has(subscription) || this.#messages.has(subscription)) {
        return Effect.fail(new InvalidArgument({ argument: "subscription", problem: `${subscription} is in use` }))
      }
      return this.#events.size + this.#messages.size < MAX_SUBSCRIPTIONS
        ? Effect.void
        : Effect.fail(new LimitExceeded({ limit: "subscriptions", maximum: MAX_SUBSCRIPTIONS }))
    })
  }

  /** The host may use any. */
  #checkTopic(use: TopicUse, topic: TopicName): Effect.Effect<void, PermissionDenied> {
    return Effect.suspend(() => {
      const observer = this.#observer
      if (observer === "everybody") return Effect.void
      const allowed = authorizeTopic(observer.grant, use, topic)
      if (Result.isFailure(allowed)) {
        const { rule, code } = allowed.failure
        this.#bus.tellOf(observer, { _tag: "PermissionDenied", operation: use, rule, code, target: topic })
      }
      return Effect.fromResult(allowed)
    })
  }
}

const notOpen = (subscription: Subscription): InvalidArgument =>
  new InvalidArgument({ argument: "subscription", problem: `${subscription} is not open` })
