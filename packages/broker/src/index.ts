/** The broker: a worker thread that owns every child process. Start it with `Broker.start` or `Broker.layer`. */
export { Broker, type BrokerHandle, type BrokerMetricsSnapshot, type BrokerOptions } from "./Broker.ts"
export type { AuditOptions } from "./host/audit-options.ts"
export type { HistoryOptions } from "./host/history-options.ts"
export type { OwnTransform, PoolOptions } from "./host/transform-options.ts"
export type { AttachablePort } from "./host/bridge-port.ts"
export type { Health } from "./host/look-at-health.ts"
export { type HealthEndpoint, type HealthOptions, serveHealth } from "./host/serve-health.ts"
export { acceptSocket } from "./host/accept-socket.ts"
export { BrokerStats, Identity, ShutdownReport } from "./link/host-operations.ts"
export { ConnectedClient, GoodToken, HostNote } from "./link/Overview.ts"
export { SECONDS_BOUNDS } from "./link/seconds-bounds.ts"
export type { EmitResult, TransformModule } from "./link/TransformModule.ts"
export type { SpawnerChoice } from "./link/worker-start.ts"
export {
  allow,
  anyArguments,
  AuditLine,
  BusEvent,
  defineTopic,
  HistoryOutput,
  HistoryQuery,
  HistoryRecord,
  defineTransform,
  match,
  oneOf,
  Policy,
  policy,
  type PolicyWarning,
  policyWarnings,
  rest,
  secret,
  type Topic
} from "@spawnbroker/protocol"
