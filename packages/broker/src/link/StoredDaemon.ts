import type { DaemonReason, DaemonSpec, ExitStatus } from "@spawnbroker/protocol"

/** A replica as its broker keeps it, beside the worker. */
export interface StoredReplica {
  /** `running`: it has a process, or is just getting one. `waiting`: for what it depends on. */
  readonly state: "stopped" | "completed" | "failed" | "waiting" | "backoff" | "running"
  readonly reason?: DaemonReason
  readonly restarts: number
  /** When it was restarted, as far as that counts against it, in milliseconds since the epoch. */
  readonly recent: ReadonlyArray<number>
  /** How its process has ended last. */
  readonly exit?: ExitStatus
}

/**
 * A daemon as its broker keeps it, beside the worker, so that the worker that follows starts it again. It is what its client
 * has said, with secrets by their names as in its policy; none of what it has put out.
 */
export interface StoredDaemon {
  readonly spec: DaemonSpec
  /** Of the token in whose name it runs. */
  readonly tokenId: string
  /** By their numbers. One that is not among them was never started. */
  readonly replicas: ReadonlyMap<number, StoredReplica>
}
