import type { EventOperations } from "@spawnbroker/protocol"
import type * as Effect from "effect/Effect"
import type { Handlers } from "../session/serve.ts"
import type { Subscriptions } from "./Subscriptions.ts"

/** Runs something on the subscriptions of a connection, if it has any now. */
type Within = <A, E>(run: (subscriptions: Subscriptions) => Effect.Effect<A, E>) => Effect.Effect<A, any>

/** What is done for the operations of subscriptions, of a client or of the host. */
export const eventHandlers = (within: Within): Handlers<EventOperations> => ({
  observe: ({ subscription, filter, since }) =>
    within((subscriptions) => subscriptions.observe(subscription, filter, since)),
  nextEvents: ({ subscription }) => within((subscriptions) => subscriptions.nextEvents(subscription)),
  subscribe: ({ subscription, topic }) => within((subscriptions) => subscriptions.subscribe(subscription, topic)),
  nextMessages: ({ subscription }) => within((subscriptions) => subscriptions.nextMessages(subscription)),
  unsubscribe: ({ subscription }) => within((subscriptions) => subscriptions.unsubscribe(subscription)),
  publish: ({ topic, message }) => within((subscriptions) => subscriptions.publish(topic, message))
})
