import type { DaemonInfo, DaemonLogLine, DaemonSpec } from "@spawnbroker/protocol"
import type { DaemonLogsOptions, StartDaemonOptions, StopDaemonOptions } from "@spawnbroker/protocol"

interface Ending {
  /** Ends the loop: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

/** Which lines are wanted, and how long. */
export interface PromiseDaemonLogsOptions extends DaemonLogsOptions, Ending {}

/**
 * Daemons: named processes that the broker keeps running, where the policy has `daemons`. They belong to the token, not to
 * this connection.
 */
export interface PromiseDaemons {
  /**
   * Starts a daemon by its specification, or one that is known already by its name. What becomes of it is its `state`.
   *
   * **Errors**: `PermissionDenied`, `InvalidArgument`, `ProcessNotFound`, `LimitExceeded`.
   */
  start(daemon: DaemonSpec | string, options?: StartDaemonOptions): Promise<DaemonInfo>
  /** Starts several, which may depend on each other: all of them, or none where one is refused. */
  startAll(
    daemons: ReadonlyArray<DaemonSpec | string>,
    options?: StartDaemonOptions
  ): Promise<ReadonlyArray<DaemonInfo>>
  /** Stops a daemon, and resolves once its processes are gone. **Errors**: `ProcessNotFound`. */
  stop(name: string, options?: StopDaemonOptions): Promise<DaemonInfo>
  /** Stops several, those that depend on others first; without names all that this client may stop. */
  stopAll(names?: ReadonlyArray<string>, options?: StopDaemonOptions): Promise<ReadonlyArray<DaemonInfo>>
  /** Stops a daemon and starts it again, with nothing counted against it. */
  restart(name: string, options?: StartDaemonOptions): Promise<DaemonInfo>
  /** The daemons that the policy lets this client see, in the order in which they were first started. */
  list(): Promise<ReadonlyArray<DaemonInfo>>
  /** One of them. **Errors**: `ProcessNotFound`. */
  get(name: string): Promise<DaemonInfo>
  /** A daemon as it is now, and again after each change, without end. */
  changes(name: string, options?: Ending): AsyncIterable<DaemonInfo>
  /** Lines that it has put out: those that are kept, and with `follow` what comes, without end. */
  logs(name: string, options?: PromiseDaemonLogsOptions): AsyncIterable<DaemonLogLine>
}
