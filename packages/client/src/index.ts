/** The client of a broker. Connect with `Client.connect` or `Client.layer`. */
export { Client, type ClientHandle, type ClientPort } from "./Client.ts"
export type { ConnectError } from "./connection/connect-session.ts"
export type { Shell } from "./connection/DefaultShell.ts"
export type {
  DaemonLogsOptions,
  Daemons,
  StartDaemonOptions,
  StopDaemonOptions,
  UsageSample
} from "@spawnbroker/protocol"
export type { AttachOptions } from "./operations/attach.ts"
export type { RevokeOptions } from "./operations/capabilities.ts"
export type { KillOptions } from "./operations/kill.ts"
export type { BackgroundCommand, BufferedOutput, StartOptions } from "./operations/background.ts"
export type { RunPipelineOptions } from "./operations/pipeline.ts"
export type { Run } from "./operations/run.ts"
export type { StopOptions, StopStep } from "./operations/stop.ts"
export type { Template, TemplateValue } from "./operations/template.ts"
export type { HostStdio } from "./host-stdio/HostStdio.ts"
export type { IpcOption, IpcSchemas, MessagesOf, ProcessMessages } from "./messages/ProcessMessages.ts"
export type { TransformOption } from "./transforms/transform-option.ts"
export type { Piped, SpawnOptions, StreamName } from "./options.ts"
export type { PipelineHandle } from "./pipeline/PipelineHandle.ts"
export { PipelineResult } from "./pipeline/PipelineResult.ts"
export type { PipelineOptions, Stage, StageInput, StageOutput } from "./pipeline/Stage.ts"
export type {
  ProcessAll,
  ProcessCore,
  ProcessHandle,
  ProcessStderr,
  ProcessStdin,
  ProcessStdout
} from "./process/ProcessHandle.ts"
export type { Keep, OmittedBytes } from "./run/KeptOutput.ts"
export type { Line } from "./run/Lines.ts"
export { RunFailed } from "./run/RunFailed.ts"
export type { RunError, RunOptions } from "./run/RunOptions.ts"
export { RunResult } from "./run/RunResult.ts"
export {
  AlreadyExited,
  BrokerUnavailable,
  BusEvent,
  type BusEventTag,
  commandLine,
  DaemonInfo,
  DaemonLogLine,
  DaemonReason,
  DaemonSpec,
  DaemonState,
  Decision,
  defineTopic,
  defineTransform,
  Digest,
  describeExit,
  describeReason,
  describeSignal,
  EventFilter,
  ExitStatus,
  Explanation,
  HistoryOutput,
  HistoryQuery,
  HistoryRecord,
  InvalidArgument,
  InvalidToken,
  Io,
  isSuccess,
  ExceededLimit,
  KilledBy,
  LifecycleEvent,
  LimitExceeded,
  NotFound,
  PermissionDenied,
  Policy,
  ProcessError,
  ProcessId,
  ProcessInfo,
  ProcessNotFound,
  ReplicaInfo,
  ProcessStatus,
  Signal,
  type Skipped,
  SpawnFailed,
  StreamOffsets,
  type SubscribeOptions,
  TimedOut,
  type Topic,
  type Transform,
  TransformFailed,
  Unsupported
} from "@spawnbroker/protocol"
