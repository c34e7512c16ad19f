/** The vocabulary that clients and brokers share. It imports no Node module, and runs in a browser. */
export { atStage } from "./errors/at-stage.ts"
export { bareError } from "./errors/bare-error.ts"
export { codes, type ErrorTag } from "./errors/codes.ts"
export { findUnknownOption } from "./errors/find-unknown-option.ts"
export { commandLine } from "./errors/command-line.ts"
export { nearestNames } from "./errors/nearest-names.ts"
export { printable } from "./errors/printable.ts"
export {
  AlreadyExited,
  AnyCallError,
  BrokerUnavailable,
  InvalidArgument,
  InvalidToken,
  Io,
  LimitExceeded,
  NotFound,
  PermissionDenied,
  ProcessError,
  ProcessNotFound,
  SpawnFailed,
  TimedOut,
  TransformFailed,
  Unsupported
} from "./errors/ProcessError.ts"

export { AUDIT_VERSION, AuditLine, AuditNote } from "./events/AuditLine.ts"
export { type BrokerRestarted, BusEvent, type BusEventTag, type StartOperation } from "./events/BusEvent.ts"
export { EventFilter } from "./events/EventFilter.ts"
export { type Listening, type Skipped, Subscriber, type SubscribeOptions } from "./events/Subscriber.ts"
export { TokenId } from "./events/TokenId.ts"
export { defineTopic, type Topic, TopicName } from "./events/Topic.ts"

export { HistoryQuery, type OutputSearch } from "./history/HistoryQuery.ts"
export { type FoundOutput, HistoryOutput, HistoryRecord, HistoryState } from "./history/HistoryRecord.ts"
export { readHistory } from "./history/read-history.ts"

export { PROTOCOL_VERSION } from "./operations/connect.ts"
export { EventOperations, HELD_ITEMS, HELD_LENGTH, MAX_NEXT_ITEMS, type Subscription } from "./operations/events.ts"
export { HistoryOperations, HistoryPlace, MAX_HISTORY_PAGE } from "./operations/history.ts"
export { Operations } from "./operations/index.ts"
export { DaemonOperations, MAX_LOG_LINES } from "./operations/daemons.ts"
export { Decision, Explanation } from "./operations/explain.ts"
export { HostFd } from "./operations/open-host-stream.ts"
export { ProcessTarget } from "./operations/kill.ts"
export { MAX_STAGES, StageLink } from "./operations/pipeline.ts"
export { operationCodec, type OperationCodec, strictDecoder, toInvalidArgument } from "./derive/codec.ts"
export type { CallMessage, ComlinkApi } from "./derive/comlink-api.ts"
export { type Connection, connectRemote, type Remote } from "./derive/remote.ts"

export { allow, anyArguments, match, oneOf, policy, rest, secret } from "./policy/build-policy.ts"
export { coversName, isDangerousName } from "./policy/environment-names.ts"
export { type DangerousProgram, dangerousPrograms } from "./policy/dangerous-programs.ts"
export { ExceededLimit, Limits } from "./policy/Limits.ts"
export { DaemonGrant } from "./policy/DaemonGrant.ts"
export { ArgumentPattern, CommandGrant, EnvironmentGrant, Policy } from "./policy/Policy.ts"
export { PolicyWarning, policyWarnings } from "./policy/policy-warnings.ts"
export { Sandbox } from "./policy/Sandbox.ts"

export { DaemonInfo, DaemonReason, DaemonState, ReplicaInfo } from "./daemons/DaemonInfo.ts"
export { DaemonLogLine, MAX_LOG_LINE_BYTES } from "./daemons/DaemonLogLine.ts"
export { DaemonName, Replica } from "./daemons/DaemonName.ts"
export { daemonDefaults, DaemonSpec, DependencyCondition, MAX_DAEMONS, REPLICA_MARK } from "./daemons/DaemonSpec.ts"
export type { DaemonLogsOptions, Daemons, StartDaemonOptions, StopDaemonOptions } from "./daemons/Daemons.ts"
export { makeDaemons } from "./daemons/make-daemons.ts"
export { describeReason } from "./daemons/describe-reason.ts"
export { LivenessProbe, ReadinessProbe } from "./daemons/Probe.ts"
export { RestartPolicy } from "./daemons/RestartPolicy.ts"

export { DurationText } from "./process/DurationText.ts"
export { durationMillis, isEndless, MAX_TIMER_MS } from "./process/duration-millis.ts"
export { describeExit, Exited, ExitStatus, isSuccess, Signaled } from "./process/ExitStatus.ts"
export { KilledBy, LifecycleEvent } from "./process/Lifecycle.ts"
export { Pid, ProcessId } from "./process/ProcessId.ts"
export { SpawnedProcess } from "./operations/spawn.ts"
export type { OutputStart } from "./operations/attach.ts"
export { StreamOffsets } from "./process/StreamOffsets.ts"
export { ProcessInfo, ProcessState, ProcessStatus, StreamBytes } from "./process/ProcessInfo.ts"
export { UsageSample } from "./process/ProcessUsage.ts"
export { describeSignal, Signal, signals } from "./process/Signal.ts"
export { AdditionalFd, Fd, FdDirection, isFd, MAX_FD, streamName } from "./process/Fd.ts"
export { Milliseconds } from "./process/Milliseconds.ts"
export { spawnDefaults, SpawnSpec, Stdio, Unread } from "./process/SpawnSpec.ts"
export { TraceContext, traceparent } from "./process/TraceContext.ts"
export { StopStep, StopSteps } from "./process/StopSteps.ts"

export { type BuiltInName, builtInNames, BuiltInOptions, Digest } from "./transforms/BuiltInOptions.ts"
export { defineTransform, type Transform } from "./transforms/Transform.ts"
export { StreamTransforms, TransformName, TransformUse } from "./transforms/TransformUse.ts"

export { EAGER_BYTES, eagerBytes, INPUT_CREDIT_BYTES, returnThreshold, slackBytes } from "./wire/credits.ts"
export {
  BrokerFrame,
  type BrokerFrameEncoded,
  Channel,
  ClientFrame,
  isFrameBytes,
  MAX_BATCH_FRAMES,
  MAX_FRAME_BYTES
} from "./wire/Frame.ts"
export { concatBytes, copyBytes } from "./wire/copy-bytes.ts"
export { listenTo, type PortListener } from "./wire/listen-to.ts"
export { KeepAlive } from "./wire/KeepAlive.ts"
export { isPort, Port } from "./wire/Port.ts"
export { Reply, type ReplyEncoded } from "./wire/Reply.ts"

export type { ByteStream } from "./socket/ByteStream.ts"
export { type SocketMessage, SocketPort } from "./socket/SocketPort.ts"
export { SocketPorts } from "./socket/SocketPorts.ts"
export {
  MAX_WEB_SOCKET_MESSAGE_BYTES,
  WEB_SOCKET_PROTOCOL,
  WEB_SOCKET_REFUSAL,
  WEB_SOCKET_TOKEN,
  type WebSocketLike,
  WebSocketStream
} from "./socket/WebSocketStream.ts"
