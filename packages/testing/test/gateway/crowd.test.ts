import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { host, node, testPolicy } from "../../src/harness.ts"

const Report = Schema.fromJsonString(
  Schema.Struct({ beforeMib: Schema.Int, mostMib: Schema.Int, processes: Schema.Int, mib: Schema.Int })
)

/** Of the host, whatever the clients do: what each process may have under way and keeps, twice over, and some for itself. */
const MAX_GROWTH_MIB = 20 * 2 * 3 + 200

it.live(
  "clients that are slow, with processes that print at full speed, do not make the host grow, and none sees a gap",
  () =>
    Effect.gen(function* () {
      const broker = yield* Broker.start({ policyWarnings: "ignore" })
      const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(testPolicy))
      // A client that sees a gap fails, and the host with it.
      const { stdout } = yield* client.run(node, [host("gateway.ts"), "10", "2", "3"], { check: true })
      const { beforeMib, mostMib, processes, mib } = Schema.decodeUnknownSync(Report)(stdout)
      assert.strictEqual(processes, 20)
      assert.isAbove(mib, 0)
      assert.isBelow(mostMib - beforeMib, MAX_GROWTH_MIB)
    }).pipe(Effect.scoped)
)
