import { Broker } from "@spawnbroker/broker"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assertSucceeds, attackerPolicy, bystanderIsServed, type Loose, openRaw } from "./raw-client.ts"

layer(Broker.layer(), { excludeTestServices: true })("a flood of wrong tokens", (it) => {
  it.effect("over many connections is told no reason in the end, and keeps no right token out", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      const attackers = yield* Effect.forEach(Array.from({ length: 100 }), () => openRaw)
      const attempts: Array<Promise<Loose>> = attackers.flatMap((client) =>
        [1, 2, 3].map(() => client.connectWith(`sb_${"0".repeat(16)}_${"A".repeat(43)}`))
      )
      const honest = yield* openRaw
      assertSucceeds(yield* Effect.promise(() => honest.connect(token)))
      const replies = yield* Effect.promise(() => Promise.all(attempts))
      const tags = replies.map(({ error }) => error._tag)
      assert.deepStrictEqual(new Set(tags), new Set(["InvalidToken", "LimitExceeded"]))
      yield* bystanderIsServed
    })
  )

  it.effect("on one connection is not looked at after the fifth, even if all come at once", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(attackerPolicy)
      const client = yield* openRaw
      const attempts = Array.from({ length: 5 }, () => client.connectWith("wrong"))
      const right = yield* Effect.promise(() => client.connectWith(token))
      assert.deepInclude(right.error, { _tag: "LimitExceeded", limit: "failedConnects", maximum: 5 })
      yield* Effect.promise(() => Promise.all(attempts))
      yield* Effect.promise(() => client.closed)
    })
  )
})
