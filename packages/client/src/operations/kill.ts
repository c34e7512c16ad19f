import { durationMillis, type ProcessError, type ProcessTarget, type Signal } from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Session } from "../connection/connect-session.ts"
import { findUnknownOption } from "../find-unknown-option.ts"

export interface KillOptions {
  /** @default "SIGTERM" */
  readonly signal?: Signal | undefined
  /** SIGKILL after this time, unless the process has exited by then. */
  readonly forceKillAfter?: Duration.Input | undefined
  /**
   * Whether the signals also reach descendants that have left the process group (`setsid`, `setpgid`, jobs of `set -m`).
   * With it SIGKILL comes after `forceKillAfter` for those, too, that outlive the process, or before that with the
   * process's scope.
   *
   * They are found by way of their parents and their sessions. What is not found: a descendant in a session of its own all
   * of whose ancestors within the tree have exited already, such as a daemon.
   *
   * **Errors**: `Unsupported` on a system without /proc; nothing has been signalled then.
   * @default false
   */
  readonly tree?: boolean | undefined
  /**
   * Wait until the process has exited, and its group is gone. SIGKILL is then for whoever of the group is left; without
   * `forceKillAfter` the rest of the group is waited for one second.
   * @default false
   */
  readonly wait?: boolean | undefined
}

/** Every option. The type keeps the list whole. */
const names = Object.keys({ signal: true, forceKillAfter: true, tree: true, wait: true } satisfies {
  readonly [K in keyof KillOptions]-?: true
})

/** Sends a signal. What is no option is refused: a signal that was misspelled must not become another one. */
export const kill = (
  session: Session,
  target: ProcessTarget,
  options: KillOptions | undefined
): Effect.Effect<void, ProcessError> =>
  Effect.suspend(() => {
    const mistake = findUnknownOption(options, names)
    return mistake === undefined
      ? session.call.kill({ target, ...killPayload(options) })
      : Effect.fail<ProcessError>(mistake)
  })

/** What the options of a kill say to the broker. */
export const killPayload = ({ signal, forceKillAfter, tree, wait }: KillOptions = {}): {
  readonly signal?: Signal
  readonly forceKillAfterMs?: number
  readonly tree?: boolean
  readonly wait?: boolean
} => ({
  ...(signal !== undefined && { signal }),
  ...(forceKillAfter !== undefined && { forceKillAfterMs: durationMillis(forceKillAfter) }),
  ...(tree !== undefined && { tree }),
  ...(wait !== undefined && { wait })
})
