import { BrokerUnavailable, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Daemons } from "@spawnbroker/protocol"
import { iterate } from "./iterate.ts"
import { checkIsSignal } from "./options.ts"
import type { PromiseDaemons } from "./PromiseDaemons.ts"
import { toPromise } from "./to-promise.ts"

/** The face of the daemons. What is under way ends with `connection`, the daemons do not. */
export const makeDaemons = (daemons: Daemons, connection: Scope.Scope): PromiseDaemons => {
  const closing = new AbortController()
  const disconnected = Effect.sync(() =>
    closing.abort(new BrokerUnavailable({ reason: "this client has disconnected" }))
  )
  Effect.runSync(Scope.addFinalizer(connection, disconnected))
  const run = <A>(effect: Effect.Effect<A, ProcessError>): Promise<A> => toPromise(effect, { scope: connection })
  const read = <A>(stream: Stream.Stream<A, ProcessError>, signal: AbortSignal | undefined): AsyncIterable<A> => {
    checkIsSignal("signal", signal)
    const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal])
    return { [Symbol.asyncIterator]: () => iterate(stream, stop) }
  }
  return {
    start: (daemon, options) => run(daemons.start(daemon, options)),
    startAll: (specs, options) => run(daemons.startAll(specs, options)),
    stop: (name, options) => run(daemons.stop(name, options)),
    stopAll: (names, options) => run(daemons.stopAll(names, options)),
    restart: (name, options) => run(daemons.restart(name, options)),
    list: () => run(daemons.list()),
    get: (name) => run(daemons.get(name)),
    changes: (name, { signal } = {}) => read(daemons.changes(name), signal),
    logs: (name, { signal, ...options } = {}) => read(daemons.logs(name, options), signal)
  }
}
