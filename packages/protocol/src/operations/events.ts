/**
 * Subscriptions: to the facts of the broker, and to topics.
 *
 * Their messages are asked for, so nothing is under way that nobody has asked for, and whoever does not ask costs the broker no
 * more than what it holds for him: the youngest, within {@link HELD_ITEMS} and {@link HELD_LENGTH}. The rest is counted.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import { ProcessError } from "../errors/ProcessError.ts"
import { BusEvent } from "../events/BusEvent.ts"
import { EventFilter } from "../events/EventFilter.ts"
import { MAX_TOPIC_MESSAGE_LENGTH, TopicName } from "../events/Topic.ts"

/** Facts, or messages, that are held for a subscriber who does not ask. Higher: more memory. Lower: he lags sooner. */
export const HELD_ITEMS = 1024
/** Length of all of them, in UTF-16 units. The youngest is held in any case. */
export const HELD_LENGTH = 1024 * 1024

/** Items in one answer at most. Higher: fewer answers. Lower: shorter turns of both threads. */
export const MAX_NEXT_ITEMS = 256

/** The client's number for a subscription within its session, unique among those it has not ended. */
export const Subscription = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))
export type Subscription = typeof Subscription.Type

/**
 * Begins to hold what happens from now on, as far as the policy lets the client observe it and the filter lets it pass.
 *
 * `since`: for one who goes on listening, when he last began to, in milliseconds since the epoch. If the broker has been
 * restarted since then, that is the first fact.
 */
const observe = Rpc.make("observe", {
  payload: { subscription: Subscription, filter: EventFilter, since: Schema.optionalKey(Schema.Finite) },
  error: ProcessError
})

/** Begins to hold the messages of a topic, from now on. */
const subscribe = Rpc.make("subscribe", {
  payload: { subscription: Subscription, topic: TopicName },
  error: ProcessError
})

/**
 * What is held of facts, in order. Answers once there is something: at the end of the turn in which it comes. A second call
 * before the first is answered has that answered with nothing.
 */
const nextEvents = Rpc.make("nextEvents", {
  payload: { subscription: Subscription },
  success: Schema.Array(BusEvent),
  error: ProcessError
})

/** The same of messages. `missed`: so many before these are lost. */
const nextMessages = Rpc.make("nextMessages", {
  payload: { subscription: Subscription },
  success: Schema.Struct({ missed: Schema.Natural, messages: Schema.Array(Schema.String) }),
  error: ProcessError
})

/** Ends a subscription. One that is none is ended already. */
const unsubscribe = Rpc.make("unsubscribe", { payload: { subscription: Subscription }, error: ProcessError })

/** Gives a message to all who subscribe to its topic now. Answers how many that are. It waits for none of them. */
const publish = Rpc.make("publish", {
  payload: { topic: TopicName, message: Schema.String.check(Schema.isMaxLength(MAX_TOPIC_MESSAGE_LENGTH)) },
  success: Schema.Natural,
  error: ProcessError
})

/** What a client has of these, and the host as well. */
export const EventOperations = RpcGroup.make(observe, nextEvents, subscribe, nextMessages, unsubscribe, publish)
export type EventOperations = RpcGroup.Rpcs<typeof EventOperations>
