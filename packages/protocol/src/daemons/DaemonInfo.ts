/**
 * A daemon as its broker knows it.
 */
import * as Schema from "effect/Schema"
import { ExitStatus } from "../process/ExitStatus.ts"
import { Pid, ProcessId } from "../process/ProcessId.ts"
import { DaemonName, Replica } from "./DaemonName.ts"
import { DependencyCondition } from "./DaemonSpec.ts"

/**
 * Where a daemon, or one of its replicas, is in its life.
 *
 * | state | what it means |
 * |---|---|
 * | `stopped` | nobody has started it, or it was stopped |
 * | `waiting` | for what it depends on |
 * | `starting` | its process is being started |
 * | `started` | its process runs; it is not known yet to be ready |
 * | `healthy` | it is ready |
 * | `unhealthy` | it was ready, and is not now |
 * | `backoff` | it has ended, and will be started again |
 * | `stopping` | it is being ended |
 * | `completed` | it has exited with success, and is not started again |
 * | `failed` | it is not started again, for the `reason` that is given |
 *
 * Of several replicas, the daemon has the state of the one that is worst off.
 */
export const DaemonState = Schema.Literals([
  "stopped",
  "waiting",
  "starting",
  "started",
  "healthy",
  "unhealthy",
  "backoff",
  "stopping",
  "completed",
  "failed"
])
export type DaemonState = typeof DaemonState.Type

const text = Schema.String

/** Why a replica is where it is. `describeReason` puts it in words. */
export const DaemonReason = Schema.Union([
  /** Its process has exited. No status: it was taken over from another broker, so nobody was told. */
  Schema.TaggedStruct("Exited", { exit: Schema.optionalKey(ExitStatus) }),
  /** Its process could not be started. */
  Schema.TaggedStruct("NotStarted", { message: text }),
  /** It was not ready in time. */
  Schema.TaggedStruct("NotReady", { timeoutMs: Schema.Finite, lastProbe: Schema.optionalKey(text) }),
  /** Its liveness probe has failed. */
  Schema.TaggedStruct("NotAlive", { lastProbe: text }),
  /** Its readiness probe has failed since. */
  Schema.TaggedStruct("NotReadyAnyMore", { lastProbe: text }),
  /** It was restarted too often. `last`: why it would have been again. */
  Schema.TaggedStruct("GaveUp", { restarts: Schema.Natural, windowMs: Schema.Finite, last: text }),
  /** What it depends on will not come to what it waits for. */
  Schema.TaggedStruct("DependencyFailed", { dependency: DaemonName, condition: DependencyCondition }),
  /** A process of another broker, or one that cannot be told from it, has its PID file. */
  Schema.TaggedStruct("RunsElsewhere", { pid: Pid }),
  /** The broker's thread has died and was replaced, and its process has ended with that. */
  Schema.TaggedStruct("BrokerRestarted", {}),
  /** The token with which it was started is revoked or has expired. */
  Schema.TaggedStruct("TokenOver", {})
])
export type DaemonReason = typeof DaemonReason.Type

/** One instance of a daemon. Times are milliseconds since the epoch. */
export const ReplicaInfo = Schema.Struct({
  replica: Replica,
  state: DaemonState,
  /** When it came to that. */
  since: Schema.Finite,
  reason: Schema.optionalKey(DaemonReason),
  pid: Schema.optionalKey(Pid),
  /** The broker's name for its process. One that was taken over from another broker has none. */
  processId: Schema.optionalKey(ProcessId),
  /** It runs since before this broker did. */
  adopted: Schema.optionalKey(Schema.Literal(true)),
  /** Restarts since it was asked for. */
  restarts: Schema.Natural,
  /** When it will be started again. */
  nextStartAt: Schema.optionalKey(Schema.Finite),
  /** How its process has ended last. */
  exit: Schema.optionalKey(ExitStatus),
  /** The PID that its PID file had when it was started last, and that was not, or no longer, its own. */
  stalePid: Schema.optionalKey(Pid)
})
export type ReplicaInfo = typeof ReplicaInfo.Type

export const DaemonInfo = Schema.Struct({
  name: DaemonName,
  /** The subject of the policy under which it runs. */
  subject: Schema.String,
  command: Schema.String,
  args: Schema.Array(Schema.String),
  persistent: Schema.Boolean,
  dependsOn: Schema.Record(DaemonName, DependencyCondition),
  state: DaemonState,
  replicas: Schema.Array(ReplicaInfo),
  /** Grows with each change. */
  version: Schema.Natural
})
export type DaemonInfo = typeof DaemonInfo.Type
