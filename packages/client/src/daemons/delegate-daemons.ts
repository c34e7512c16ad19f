import type { ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Daemons } from "./Daemons.ts"

/**
 * Daemons of which each member is that of the connection there is when it is used. A stream ends with the connection on which
 * it was begun: whether the daemons are there still is for its reader to ask.
 */
export const delegateDaemons = (current: Effect.Effect<Daemons, ProcessError>): Daemons => ({
  start: (...args) => Effect.flatMap(current, (daemons) => daemons.start(...args)),
  startAll: (...args) => Effect.flatMap(current, (daemons) => daemons.startAll(...args)),
  stop: (...args) => Effect.flatMap(current, (daemons) => daemons.stop(...args)),
  stopAll: (...args) => Effect.flatMap(current, (daemons) => daemons.stopAll(...args)),
  restart: (...args) => Effect.flatMap(current, (daemons) => daemons.restart(...args)),
  list: () => Effect.flatMap(current, (daemons) => daemons.list()),
  get: (name) => Effect.flatMap(current, (daemons) => daemons.get(name)),
  changes: (name) => Stream.unwrap(Effect.map(current, (daemons) => daemons.changes(name))),
  logs: (...args) => Stream.unwrap(Effect.map(current, (daemons) => daemons.logs(...args)))
})
