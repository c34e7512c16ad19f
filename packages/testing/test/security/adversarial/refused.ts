/**
 * Cases that are no spawn: a token, a process of somebody else, a message. Each is refused with a code; a victim's process,
 * which was there before, is there afterwards; and a twin, which its client may do, succeeds.
 */
import { Broker, type BrokerHandle } from "@spawnbroker/broker"
import { Client, type ClientHandle, type ProcessHandle } from "@spawnbroker/client"
import type { ErrorTag, Policy } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { living } from "../../../src/leaks.ts"
import { attackerPolicy, bystanderIsServed } from "../raw-client.ts"

/** What a case finds: a broker, the attacker, and somebody else with a process. */
export interface World {
  readonly broker: BrokerHandle
  readonly token: string
  readonly client: ClientHandle
  readonly victim: ProcessHandle
  /** The token of the victim. */
  readonly theirs: string
}

type Step = (world: World) => Effect.Effect<unknown, unknown, Broker | Scope.Scope>

export interface Refusal {
  readonly name: string
  readonly act: Step
  readonly code: ErrorTag
  /** Some of the fields of the error. */
  readonly fields?: object
  readonly twin: Step
  readonly policy?: Partial<Policy>
}

export const connectWith = (broker: BrokerHandle, token: string) =>
  Effect.flatMap(broker.openPort(), (port) => Client.connect(port, token))

const enter = (policy: Partial<Policy> = {}): Effect.Effect<World, unknown, Broker | Scope.Scope> =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ ...attackerPolicy, ...policy })
    const theirs = yield* broker.mint({ ...attackerPolicy, subject: "victim" })
    const other = yield* connectWith(broker, theirs)
    const victim = yield* other.spawn("sleep", ["1000"], { cwd: "/" })
    return { broker, token, client: yield* connectWith(broker, token), victim, theirs }
  })

export const refusals = (family: string, cases: ReadonlyArray<Refusal>): void =>
  layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true })(family, (it) => {
    for (const { name, act, code, fields = {}, twin, policy } of cases) {
      it.effect(`${name}: ${code}, and its twin succeeds`, () =>
        Effect.gen(function* () {
          const world = yield* enter(policy)
          const error = (yield* Effect.flip(act(world))) as Error & { readonly _tag: string }
          assert.deepInclude(error, { _tag: code, ...fields }, error.message)
          assert.isDefined(living(world.victim.pid!), "the victim's process has gone")
          assert.notInclude(error.message, world.token.slice(20))
          yield* bystanderIsServed
          yield* twin(world)
        })
      )
    }
  })
