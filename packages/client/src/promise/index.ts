/**
 * The client without Effect: promises, async iterables, web streams, `AbortSignal`, `await using`.
 *
 * It runs wherever there is a message port, and says and does what the other face does, which it stands on.
 */
export { connect } from "./connect.ts"
export type {
  PromiseAttachOptions as AttachOptions,
  PromiseExplainOptions as ExplainOptions,
  PromiseRunOptions as RunOptions,
  PromiseSpawnOptions as SpawnOptions
} from "./options.ts"
export type { PromisePipelineOptions, PromiseRunPipelineOptions } from "./options.ts"
export type { PromisePipeline } from "./PromisePipeline.ts"
export { PipelineResult } from "../pipeline/PipelineResult.ts"
export type { Stage, StageInput, StageOutput } from "../pipeline/Stage.ts"
export type { ProcessInput } from "./ProcessInput.ts"
export type { ProcessOutput } from "./ProcessOutput.ts"
export type { PromiseClient, Target } from "./PromiseClient.ts"
export type {
  PromiseProcess,
  PromiseProcessAll,
  PromiseProcessCore,
  PromiseProcessStderr,
  PromiseProcessStdin,
  PromiseProcessStdout
} from "./PromiseProcess.ts"
export type { DaemonLogsOptions, StartDaemonOptions, StopDaemonOptions, UsageSample } from "@spawnbroker/protocol"
export type { PromiseDaemonLogsOptions, PromiseDaemons } from "./PromiseDaemons.ts"
export type { HostOutput, PromiseHostStdio } from "./PromiseHostStdio.ts"
export type {
  PromiseEventFilter as EventFilter,
  PromiseEvents,
  PromiseSubscribeOptions as SubscribeOptions
} from "./PromiseEvents.ts"
export type { PromiseHistory, PromiseHistoryQuery } from "./PromiseHistory.ts"
export type { PromiseMessages } from "./PromiseMessages.ts"
export type { IpcOption, IpcSchemas } from "../messages/ProcessMessages.ts"
export type { ClientPort } from "../Client.ts"
export type { StreamName } from "../options.ts"
export type { Shell } from "../connection/DefaultShell.ts"
export type { BackgroundCommand, BufferedOutput, StartOptions } from "../operations/background.ts"
export type { Keep, OmittedBytes } from "../run/KeptOutput.ts"
export type { Line } from "../run/Lines.ts"
export { RunFailed } from "../run/RunFailed.ts"
export { RunResult } from "../run/RunResult.ts"
export type { StopOptions, StopStep } from "../operations/stop.ts"
export type { RevokeOptions } from "../operations/capabilities.ts"
export type { KillOptions } from "../operations/kill.ts"
export {
  AlreadyExited,
  BrokerUnavailable,
  type BusEvent,
  codes,
  commandLine,
  type DaemonInfo,
  type DaemonLogLine,
  type DaemonReason,
  type DaemonSpec,
  type DaemonState,
  type Decision,
  defineTopic,
  describeExit,
  describeReason,
  describeSignal,
  type ExitStatus,
  type Explanation,
  type HistoryOutput,
  type HistoryRecord,
  InvalidArgument,
  InvalidToken,
  Io,
  isSuccess,
  type LifecycleEvent,
  LimitExceeded,
  NotFound,
  PermissionDenied,
  type Policy,
  type ProcessError,
  type ProcessId,
  type ProcessInfo,
  ProcessNotFound,
  type ReplicaInfo,
  type ProcessStatus,
  type Signal,
  type Skipped,
  SpawnFailed,
  TimedOut,
  type Topic,
  Unsupported
} from "@spawnbroker/protocol"
