/**
 * What the host can do, for users who are admins: see who is connected and with what, end a token, and see how the broker does.
 *
 * These are no powers of a client: no token has them, and no policy grants them. So each is asked for by a log-in of that role alone
 * (`for: "admin"` of its route), and what changes anything by a page of ours. Each use of one that does is in the audit, with the
 * name of the user.
 */
import { type BrokerHandle, SECONDS_BOUNDS } from "@spawnbroker/broker"
import { BrokerUnavailable, InvalidToken, TokenId } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Caller } from "../access/Callers.ts"
import { type Answer, json, text } from "../http/Answer.ts"
import { readJson } from "../http/read-body.ts"
import type { Call, Route } from "../http/routes.ts"

export type AdminBroker = Pick<BrokerHandle, "clients" | "tokens" | "revokeById" | "note" | "stats" | "metrics">

const Revocation = Schema.Struct({ id: TokenId, kill: Schema.Boolean })

const decodeRevocation = Schema.decodeUnknownResult(Revocation, { onExcessProperty: "error" })

export const makeAdminRoutes = (broker: AdminBroker): ReadonlyArray<Route> => {
  const get = (path: string, ask: Effect.Effect<unknown, BrokerUnavailable>): Route => ({
    method: "GET",
    path,
    for: "admin",
    answer: () => Effect.runPromise(Effect.match(ask, { onSuccess: (value) => json(value), onFailure: unavailable }))
  })
  return [
    get("/admin/clients", broker.clients),
    get("/admin/tokens", broker.tokens),
    get("/admin/health", healthOf(broker)),
    {
      method: "POST",
      path: "/admin/revoke",
      for: "admin",
      answer: (call) => revoke(call, broker)
    }
  ]
}

const healthOf = (broker: AdminBroker) =>
  Effect.map(Effect.all([broker.stats, broker.metrics]), ([stats, metrics]) => ({
    at: Date.now(),
    stats,
    metrics,
    /** Of the buckets of its histograms, in seconds. */
    bounds: SECONDS_BOUNDS,
    /** Of the process in which the broker is. */
    host: { uptimeSeconds: process.uptime(), rssBytes: process.memoryUsage.rss() }
  }))

const revoke = async (call: Call, broker: AdminBroker): Promise<Answer> => {
  const decoded = decodeRevocation(await readJson(call.request))
  if (Result.isFailure(decoded)) return text(400, "Send `id`, the identifier of a token, and `kill`, true or false.")
  const { id, kill } = decoded.success
  const by = (call.caller as Caller).session!.user.name
  // Told before it is done, so that it is told even where somebody ends the very token that he uses.
  const done = Effect.andThen(
    broker.note({ act: kill ? "revoke, with processes" : "revoke", by, target: id }),
    Effect.tapError(broker.revokeById(id, { kill }), () => broker.note({ act: "revoke failed", by, target: id }))
  )
  return Effect.runPromise(
    Effect.match(done, {
      onSuccess: (): Answer => ({ status: 204 }),
      onFailure: (error) => (error instanceof InvalidToken ? text(404, error.message) : unavailable(error))
    })
  )
}

const unavailable = (error: { readonly message: string }): Answer =>
  text(error instanceof BrokerUnavailable ? 503 : 500, error.message)
