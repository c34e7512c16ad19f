/** What a client may do to end a process, once it is known that it may. */
import {
  AlreadyExited,
  type ExitStatus,
  LimitExceeded,
  type Signal,
  type StopSteps,
  Unsupported
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { canLook } from "../../child/process-facts.ts"
import type { Process } from "../process/Process.ts"

/** Callers that may wait for the effect of their signal on one process. Higher: a client can make us look more often. */
const MAX_WAITING_KILLS = 16

export interface KillRequest {
  readonly signal?: Signal
  readonly forceKillAfterMs?: number
  readonly tree?: boolean
  readonly wait?: boolean
}

/** Signals the group of a process; also what is left of it once its leader has exited. */
export const kill = (
  process: Process,
  { signal = "SIGTERM", forceKillAfterMs, tree = false, wait = false }: KillRequest
): Effect.Effect<void, AlreadyExited | LimitExceeded | Unsupported> =>
  Effect.gen(function* () {
    if (tree) yield* checkTrees
    if (wait && process.waitingKills >= MAX_WAITING_KILLS)
      yield* new LimitExceeded({ limit: "waitingKills", maximum: MAX_WAITING_KILLS })
    const request = { signal, forceKillAfterMs, tree }
    const found = yield* Effect.promise(() => (wait ? process.killAndWait(request) : process.kill(request)))
    if (!found && process.hasExited) yield* new AlreadyExited({ id: process.id, operation: "kill" })
  })

/**
 * Ends a process, and answers how it ended. One that has exited, and is not being ended, is left as it is. Steps without end
 * have none if they are the caller's.
 */
export const stop = (
  process: Process,
  options: { readonly steps?: StopSteps; readonly tree?: boolean }
): Effect.Effect<ExitStatus, AlreadyExited | Unsupported> =>
  Effect.gen(function* () {
    if (!process.hasExited || process.isEnding) {
      if (options.tree === true) yield* checkTrees
      const patience = options.steps === undefined ? {} : { withinMs: Infinity }
      yield* Effect.promise(() => process.end("client", { ...options, ...patience }))
    }
    // One that was never started has no status.
    return process.status.exit ?? (yield* new AlreadyExited({ id: process.id, operation: "kill" }))
  })

/** Whether trees can be seen here. Asked before anything is signalled. */
const checkTrees = Effect.suspend(() =>
  canLook()
    ? Effect.void
    : Effect.fail(
        new Unsupported({
          feature: "`tree`, on a system without /proc",
          hint: "Without it the whole process group is signalled, which most descendants are in."
        })
      )
)
