import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, type ProcessHandle } from "@spawnbroker/client"
import type { Policy } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../../src/harness.ts"
import { living } from "../../src/leaks.ts"
import { attackerPolicy } from "./raw-client.ts"

/**
 * A client whose token is about to expire, with a process that it has started before. A machine may be too slow for a short
 * time, so it is tried again with a longer one.
 */
const expiring = (policy: Partial<Policy>, ms = 400): Effect.Effect<Expiring, never, any> =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ ...attackerPolicy, ...policy, expires: `${ms} millis` })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    const process = yield* client.spawn("sleep", ["1000"], { cwd: "/" })
    return { token, client, process }
  }).pipe(Effect.catch(() => expiring(policy, ms * 2)))

interface Expiring {
  readonly token: string
  readonly client: ClientHandle
  readonly process: ProcessHandle
}

layer(Broker.layer(), { excludeTestServices: true })("a token that expires", (it) => {
  it.effect("ends its session, each handle and each call, and says why", () =>
    Effect.gen(function* () {
      const { client, process, token } = yield* expiring({})
      const expired = { _tag: "InvalidToken" as const, reason: "expired" as const }
      assert.deepInclude(yield* Effect.flip(process.exit), expired)
      assert.deepInclude(yield* Effect.flip(client.list()), expired)
      assert.deepInclude(yield* Effect.flip(client.attenuate({ subject: "x" })), expired)
      const broker = yield* Broker
      assert.deepInclude(yield* Effect.flip(Client.connect(yield* broker.openPort(), token)), expired)
    })
  )

  it.effect("lets its processes run on", () =>
    Effect.gen(function* () {
      const { process, token } = yield* expiring({})
      yield* Effect.flip(process.exit)
      assert.isDefined(living(process.pid!))
      yield* (yield* Broker).revoke(token, { kill: true })
      assert.isUndefined(living(process.pid!))
    })
  )

  it.effect("ends its processes where the policy says so", () =>
    Effect.gen(function* () {
      const { process } = yield* expiring({ expiry: "end" })
      yield* Effect.flip(process.exit)
      yield* eventually(
        "the process is gone",
        Effect.sync(() => living(process.pid!)),
        (facts) => facts === undefined
      )
    })
  )

  it.effect("has taken with it what was derived from it, which said more", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const parent = yield* broker.mint({ ...attackerPolicy, expires: "500 millis" })
      const connecting = Effect.flatMap(broker.openPort(), (port) => Client.connect(port, parent))
      const derived = yield* Effect.flatMap(connecting, (client) =>
        client.attenuate({ ...attackerPolicy, expires: "8 hours" })
      ).pipe(Effect.option)
      // A machine that is too slow for half a second has nothing to show here.
      if (derived._tag === "None") return
      yield* eventually(
        "the derived token has expired",
        Effect.flatMap(broker.openPort(), (port) => Effect.exit(Effect.scoped(Client.connect(port, derived.value)))),
        (exit) => JSON.stringify(exit).includes("expired")
      )
    })
  )
})
