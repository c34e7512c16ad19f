/**
 * What the host asks of its worker: the operations behind the `Broker` handle, defined as those of clients are.
 */
import {
  DaemonName,
  DaemonOperations,
  EventOperations,
  Explanation,
  HistoryOperations,
  InvalidArgument,
  InvalidToken,
  Milliseconds,
  Policy,
  PolicyWarning,
  Port,
  SpawnSpec,
  TokenId,
  Unsupported
} from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import { ConnectedClient, GoodToken, HostNote, Via } from "./Overview.ts"
import { WorkerMetrics } from "./WorkerMetrics.ts"

/** How the broker does, at a moment. */
export const BrokerStats = Schema.Struct({
  /** How children are started. */
  spawner: Schema.Literals(["direct", "launcher"]),
  /** Launcher processes that are ready. One that has died is replaced within a moment. */
  launchers: Schema.Natural,
  processes: Schema.Struct({ live: Schema.Natural, total: Schema.Natural }),
  sessions: Schema.Natural,
  tokens: Schema.Natural,
  /** Messages that could not be decoded, of all clients so far. */
  malformedMessages: Schema.Natural,
  /** Lines of the audit that wait for the disk, and lines that are lost. Absent where there is none. */
  audit: Schema.optionalKey(Schema.Struct({ held: Schema.Natural, lost: Schema.Natural })),
  /** Entries of the history that wait for the disk, and facts that are lost to it. Absent where there is none. */
  history: Schema.optionalKey(Schema.Struct({ held: Schema.Natural, lost: Schema.Natural })),
  /** Threads for transforms that there are now, streams that they serve, and work that waits for one. */
  pool: Schema.Struct({ threads: Schema.Natural, streams: Schema.Natural, waiting: Schema.Natural }),
  /** Of all processes so far. */
  bytes: Schema.Struct({ stdin: Schema.Natural, stdout: Schema.Natural, stderr: Schema.Natural }),
  /** Resources that the worker thread holds, by their kind in Node (`PipeWrap`, `Timeout`, …). */
  resources: Schema.Record(Schema.String, Schema.Natural)
})
export type BrokerStats = typeof BrokerStats.Type

/** How the processes that still ran at a shutdown ended. */
export const ShutdownReport = Schema.Struct({
  /** Ended by themselves, before they were sent any signal: mostly since their input had ended. */
  exited: Schema.Natural,
  /** Ended by their kill signal, within the grace. */
  stopped: Schema.Natural,
  /** Needed SIGKILL. */
  killed: Schema.Natural,
  /** How the daemons that ran did, which are counted above, too. `left`: it is persistent, and runs on. */
  daemons: Schema.Array(
    Schema.Struct({ name: DaemonName, end: Schema.Literals(["exited", "stopped", "killed", "left"]) })
  )
})
export type ShutdownReport = typeof ShutdownReport.Type

/** Who presents a token, as far as its policy says. */
export const Identity = Schema.Struct({
  subject: Schema.String,
  /** Whose processes it may see. */
  observe: Schema.Literals(["own", "all"])
})
export type Identity = typeof Identity.Type

export const HostOperations = RpcGroup.make(
  Rpc.make("mint", {
    payload: { policy: Policy },
    success: Schema.String,
    error: Schema.Union([InvalidArgument, Unsupported])
  }),
  Rpc.make("check", { payload: { policy: Policy }, success: Schema.Array(PolicyWarning), error: InvalidArgument }),
  Rpc.make("explain", { payload: { policy: Policy, spec: SpawnSpec }, success: Explanation, error: InvalidArgument }),
  Rpc.make("identify", { payload: { token: Schema.String }, success: Identity, error: InvalidToken }),
  Rpc.make("openPort", { payload: { port: Port, via: Via } }),
  Rpc.make("clients", { success: Schema.Array(ConnectedClient) }),
  Rpc.make("tokens", { success: Schema.Array(GoodToken) }),
  Rpc.make("revoke", { payload: { token: Schema.String, kill: Schema.Boolean }, error: InvalidToken }),
  Rpc.make("revokeById", { payload: { id: TokenId, kill: Schema.Boolean }, error: InvalidToken }),
  Rpc.make("note", { payload: HostNote }),
  Rpc.make("stats", { success: BrokerStats }),
  Rpc.make("metrics", { success: WorkerMetrics }),
  Rpc.make("shutdown", { payload: { graceMs: Milliseconds }, success: ShutdownReport })
).merge(EventOperations, HistoryOperations, DaemonOperations)
export type HostOperations = RpcGroup.Rpcs<typeof HostOperations>
