import type { DaemonReason, ExitStatus, KilledBy, Pid, ProcessId } from "@spawnbroker/protocol"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { OnLine } from "./logs/LogTap.ts"

/** One run of the process of a replica. Its scope ends it, with all of its group. */
export interface Incarnation {
  readonly pid: Pid
  /** Absent for one that was started by another broker. */
  readonly processId: ProcessId | undefined
  readonly isAdopted: boolean
  /** The PID that was found in its PID file, and was not its own any more. */
  readonly stalePid: Pid | undefined
  /** Resolves once it has exited. */
  readonly exited: Effect.Effect<void>
  /** How, once it is known. */
  readonly exit: () => ExitStatus | undefined
}

/** Why there is none. `isFinal`: it would be the same the next time. */
export interface LaunchFailed {
  readonly reason: DaemonReason
  readonly isFinal: boolean
}

/** How an incarnation is ended when its scope closes; `leave`: it is not, and is left to the next broker. */
export type Terms = { readonly by: KilledBy; readonly withinMs: number } | "leave"

export interface LaunchHooks {
  readonly onLine: OnLine
  /** Asked when it is to be ended. */
  readonly terms: () => Terms
}

export type Launch = (hooks: LaunchHooks) => Effect.Effect<Incarnation, LaunchFailed, Scope.Scope>
