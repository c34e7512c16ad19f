import { BrokerUnavailable, type ProcessId } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { ClientHandle } from "../Client.ts"
import { iterate } from "./iterate.ts"
import { checkIsSignal } from "./options.ts"
import type { PromiseHistory } from "./PromiseHistory.ts"
import { toPromise } from "./to-promise.ts"

/** `scope`: what is being read ends with it. */
export const makeHistory = (client: ClientHandle, scope: Scope.Scope): PromiseHistory => {
  const closing = new AbortController()
  const disconnected = Effect.sync(() =>
    closing.abort(new BrokerUnavailable({ reason: "this client has disconnected" }))
  )
  Effect.runSync(Scope.addFinalizer(scope, disconnected))
  return {
    history: ({ signal, ...query } = {}) => {
      checkIsSignal("signal", signal)
      const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
      return { [Symbol.asyncIterator]: () => iterate(client.history(query), stop) }
    },
    historyOutput: (id) => toPromise(client.historyOutput(id as ProcessId), { signal: closing.signal })
  }
}
