import type { Daemons, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { overSessions } from "../connection/over-sessions.ts"

/**
 * Daemons of which each member is that of the connection there is when it is used. What has no end goes on over the next
 * connection; the lines that are kept, which have one, end with the connection on which they were begun.
 */
export const delegateDaemons = (current: Effect.Effect<Daemons, ProcessError>): Daemons => ({
  start: (...args) => Effect.flatMap(current, (daemons) => daemons.start(...args)),
  startAll: (...args) => Effect.flatMap(current, (daemons) => daemons.startAll(...args)),
  stop: (...args) => Effect.flatMap(current, (daemons) => daemons.stop(...args)),
  stopAll: (...args) => Effect.flatMap(current, (daemons) => daemons.stopAll(...args)),
  restart: (...args) => Effect.flatMap(current, (daemons) => daemons.restart(...args)),
  list: () => Effect.flatMap(current, (daemons) => daemons.list()),
  get: (name) => Effect.flatMap(current, (daemons) => daemons.get(name)),
  changes: (name) => overSessions(current, (daemons) => daemons.changes(name)),
  logs: (name, options) =>
    options?.follow === true
      ? overSessions(current, (daemons) => daemons.logs(name, options))
      : Stream.unwrap(Effect.map(current, (daemons) => daemons.logs(name, options)))
})
