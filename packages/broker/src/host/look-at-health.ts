import type { DaemonState } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { BrokerHandle } from "../Broker.ts"

/** How a broker and its daemons are, in words that anybody may read: names and states, and nothing that a daemon has said. */
export interface Health {
  /** `unready`: it works, and a daemon does not. `down`: it does not answer. */
  readonly status: "ready" | "unready" | "down"
  /** Why it is down. */
  readonly reason?: string
  readonly worker?: { readonly replaced: number; readonly sessions: number; readonly processes: number }
  readonly launchers?: { readonly spawner: "direct" | "launcher"; readonly ready: number }
  readonly daemons?: {
    /** How many there are in each state. */
    readonly states: Readonly<Partial<Record<DaemonState, number>>>
    /** Those that should be ready and are not. */
    readonly unready: ReadonlyArray<{ readonly name: string; readonly state: DaemonState }>
  }
}

/** How long the broker may take to answer. A thread that has died is replaced in less. */
const PATIENCE = "2 seconds"

/** States in which nobody waits for a daemon: it is ready, has done its work, or was stopped on purpose. */
const isAsItShouldBe = (state: DaemonState): boolean =>
  state === "healthy" || state === "completed" || state === "stopped"

export const lookAtHealth = (broker: Pick<BrokerHandle, "stats" | "daemons">): Effect.Effect<Health> =>
  Effect.all([broker.stats, broker.daemons.list()], { concurrency: 2 }).pipe(
    Effect.timeoutOrElse({
      duration: PATIENCE,
      orElse: () => Effect.fail({ message: `The broker has not answered within ${PATIENCE}.` })
    }),
    Effect.match({
      onFailure: ({ message }): Health => ({ status: "down", reason: message }),
      onSuccess: ([{ replaced, sessions, processes, spawner, launchers }, daemons]): Health => {
        const states: Partial<Record<DaemonState, number>> = {}
        for (const { state } of daemons) states[state] = (states[state] ?? 0) + 1
        const unready = daemons.filter(({ state }) => !isAsItShouldBe(state))
        return {
          status: unready.length === 0 ? "ready" : "unready",
          worker: { replaced, sessions, processes: processes.live },
          launchers: { spawner, ready: launchers },
          daemons: { states, unready: unready.map(({ name, state }) => ({ name, state })) }
        }
      }
    })
  )
