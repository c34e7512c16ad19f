import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ProcessError } from "../errors/ProcessError.ts"
import type { DaemonInfo } from "./DaemonInfo.ts"
import type { DaemonLogLine } from "./DaemonLogLine.ts"
import type { DaemonSpec } from "./DaemonSpec.ts"

export interface StartDaemonOptions {
  /**
   * What is waited for: only that the broker has accepted it, that its process runs, or that it is ready. Whoever waits also
   * hears of it once it will not come to that: the answer has its `state`, and the `reason` of each replica.
   * @default "accepted"
   */
  readonly until?: "accepted" | "started" | "healthy" | undefined
}

export interface StopDaemonOptions {
  /**
   * Whether it is no longer known from then on.
   * @default false
   */
  readonly forget?: boolean | undefined
}

export interface DaemonLogsOptions {
  /**
   * Lines of one replica.
   * @default all replicas
   */
  readonly replica?: number | undefined
  /**
   * How many of the lines that the broker has kept come first, the last ones.
   * @default all that are kept
   */
  readonly tail?: number | undefined
  /**
   * Whether lines that are still to come follow, without end.
   * @default false
   */
  readonly follow?: boolean | undefined
}

/**
 * Daemons: named processes that the broker keeps running, where the policy has `daemons`.
 *
 * A daemon belongs to the token, not to this connection: it runs until it is stopped, or its broker ends, or its token. It is
 * started again, by its restart policy, where the broker's thread has died and was replaced. What becomes of it is a value, its `state`, not an error.
 */
export interface Daemons {
  /**
   * Starts a daemon by its specification, or one that is known already by its name. One that runs with the same
   * specification is left as it is.
   *
   * **Errors**: `PermissionDenied` (the name, the command, a file), `InvalidArgument` for a specification that is wrong, runs
   * with another one, or depends on itself; `ProcessNotFound` for a name that is not known; `LimitExceeded`.
   *
   * **Interruption**: it is started all the same.
   *
   * **Example** (what fails is started again, until it is given up)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", daemons: true, commands: [{ command: "false" }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const restart = { delay: "10 millis", maxRestarts: 2 }
   *   yield* client.daemons.start({ name: "web", command: "false", restart })
   *   const failed = Stream.filter(client.daemons.changes("web"), ({ state }) => state === "failed")
   *   const [{ replicas }] = yield* Stream.runCollect(Stream.take(failed, 1))
   *   replicas[0].restarts // => 2
   *   replicas[0].reason._tag // => "GaveUp"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly start: (daemon: DaemonSpec | string, options?: StartDaemonOptions) => Effect.Effect<DaemonInfo, ProcessError>
  /** Starts several, which may depend on each other: all of them, or none where one is refused. */
  readonly startAll: (
    daemons: ReadonlyArray<DaemonSpec | string>,
    options?: StartDaemonOptions
  ) => Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError>
  /** Stops a daemon, and waits until its processes are gone. **Errors**: `ProcessNotFound`. */
  readonly stop: (name: string, options?: StopDaemonOptions) => Effect.Effect<DaemonInfo, ProcessError>
  /** Stops several, those that depend on others first; without names all that this client may stop. */
  readonly stopAll: (
    names?: ReadonlyArray<string>,
    options?: StopDaemonOptions
  ) => Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError>
  /** Stops a daemon and starts it again, with nothing counted against it. **Errors**: `ProcessNotFound`. */
  readonly restart: (name: string, options?: StartDaemonOptions) => Effect.Effect<DaemonInfo, ProcessError>
  /** The daemons that the policy lets this client see, in the order in which they were first started. */
  readonly list: () => Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError>
  /** One of them. **Errors**: `ProcessNotFound`. */
  readonly get: (name: string) => Effect.Effect<DaemonInfo, ProcessError>
  /**
   * A daemon as it is now, and again after each change, without end. What changes and changes back within a moment may come as
   * one. **Errors**: `ProcessNotFound`, also once it is forgotten.
   */
  readonly changes: (name: string) => Stream.Stream<DaemonInfo, ProcessError>
  /**
   * Lines that a daemon has put out, of all its incarnations: those that the broker has kept (the last 256 KiB), and with
   * `follow` what comes. A reader that is too slow for that loses the oldest, which a jump of `seq` shows.
   */
  readonly logs: (name: string, options?: DaemonLogsOptions) => Stream.Stream<DaemonLogLine, ProcessError>
}
