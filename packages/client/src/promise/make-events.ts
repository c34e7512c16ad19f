import { BrokerUnavailable, type ProcessError, type Skipped } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ClientHandle } from "../Client.ts"
import { iterate } from "./iterate.ts"
import { checkIsSignal } from "./options.ts"
import type { PromiseEvents } from "./PromiseEvents.ts"
import { toPromise } from "./to-promise.ts"

/** `connection`: what is being read ends with it. */
export const makeEvents = (client: ClientHandle, connection: Scope.Scope): PromiseEvents => {
  const closing = new AbortController()
  const disconnected = Effect.sync(() =>
    closing.abort(new BrokerUnavailable({ reason: "this client has disconnected" }))
  )
  Effect.runSync(Scope.addFinalizer(connection, disconnected))
  const read = <A>(stream: Stream.Stream<A, ProcessError>, signal: AbortSignal | undefined): AsyncIterable<A> => {
    const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
    return { [Symbol.asyncIterator]: () => iterate(stream, stop) }
  }
  return {
    events: ({ signal, ...filter } = {}) => {
      checkIsSignal("signal", signal)
      return read(client.events(filter), signal)
    },
    publish: (topic, message) => toPromise(client.publish(topic, message), { signal: closing.signal }),
    subscribe: (topic, { signal, onSkipped } = {}) => {
      checkIsSignal("signal", signal)
      const told = onSkipped && { onSkipped: (skipped: Skipped) => Effect.sync(() => onSkipped(skipped)) }
      return read(client.subscribe(topic, told), signal)
    }
  }
}
