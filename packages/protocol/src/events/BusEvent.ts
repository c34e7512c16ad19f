/**
 * What happens in a broker, as facts: every decision it makes, and every start and end of a process.
 *
 * The host gets all of them (`broker.events`), a client those that its policy lets it observe (`client.events`), and the audit
 * file has each as a line. A fact holds no secret: a token is named by its identifier, arguments are masked, and of a variable
 * only the name is told.
 */
import * as Schema from "effect/Schema"
import { DaemonReason, DaemonState } from "../daemons/DaemonInfo.ts"
import { DaemonName, Replica } from "../daemons/DaemonName.ts"
import { codes, type ErrorTag } from "../errors/codes.ts"
import { ExitStatus } from "../process/ExitStatus.ts"
import { Fd } from "../process/Fd.ts"
import { ExceededLimit } from "../policy/Limits.ts"
import { KilledBy } from "../process/Lifecycle.ts"
import { Pid, ProcessId } from "../process/ProcessId.ts"
import { StreamBytes } from "../process/ProcessInfo.ts"
import { Signal } from "../process/Signal.ts"
import { TraceContext } from "../process/TraceContext.ts"
import { TokenId } from "./TokenId.ts"

const fact = {
  /**
   * The number of the fact, in order, from 1 on: among all facts of the broker, or, for a client that observes only its own,
   * among those. From 1 again after a `BrokerRestarted`.
   */
  seq: Schema.Natural,
  /** Milliseconds since the epoch, on the broker's clock. */
  at: Schema.Finite
}

/** Whose doing it is. */
const actor = { subject: Schema.String, tokenId: TokenId }

/** Of the span by which a client has asked for it. Absent: nobody traces it. */
const traced = { trace: Schema.optionalKey(TraceContext) }

/** By which call a process is started; or as what, by the broker itself: a daemon, or the command of a probe. */
export const StartOperation = Schema.Literals(["spawn", "start", "pipeline", "daemon", "probe"])
export type StartOperation = typeof StartOperation.Type

/** A command as it was asked for. Long lists and texts are cut. */
const command = {
  operation: StartOperation,
  command: Schema.String,
  /** Secrets are masked. */
  args: Schema.Array(Schema.String),
  /** Arguments that are not shown. */
  argsOmitted: Schema.optionalKey(Schema.Natural)
}

const errorTags = Object.keys(codes) as ReadonlyArray<ErrorTag>
/** Which error whoever asked was given. */
const error = Schema.Literals(errorTags)

/** A client has presented a token that is good. */
const ClientConnected = Schema.TaggedStruct("ClientConnected", { ...fact, ...actor })

/** A client has presented a token that is not. `tokenId`: of one that was good before. */
const ConnectRefused = Schema.TaggedStruct("ConnectRefused", {
  ...fact,
  tokenId: Schema.optionalKey(TokenId),
  error,
  reason: Schema.optionalKey(Schema.String)
})

/** A session is over. `error`: what its client was told; none where it has left by itself. */
const ClientLost = Schema.TaggedStruct("ClientLost", { ...fact, ...actor, error: Schema.optionalKey(error) })

const TokenMinted = Schema.TaggedStruct("TokenMinted", {
  ...fact,
  ...actor,
  /** The token that it was derived from. Absent: the host has minted it. */
  parent: Schema.optionalKey(TokenId)
})

/** A client has asked for a token to be derived, or ended, that it may not have, or end. */
const TokenRefused = Schema.TaggedStruct("TokenRefused", {
  ...fact,
  ...actor,
  operation: Schema.Literals(["attenuate", "revoke"]),
  error,
  reason: Schema.optionalKey(Schema.String)
})

/** A token is no longer good, and so are all that were derived from it. */
const TokenRevoked = Schema.TaggedStruct("TokenRevoked", { ...fact, ...actor })

/** The same, since its time is over. */
const TokenExpired = Schema.TaggedStruct("TokenExpired", { ...fact, ...actor })

/** A process that was allowed by `rule` runs. */
const ProcessStarted = Schema.TaggedStruct("ProcessStarted", {
  ...fact,
  ...actor,
  ...command,
  id: ProcessId,
  pid: Pid,
  /** What allowed it, as a path into the policy. */
  rule: Schema.String,
  /** Of a token that was derived: what of the policies above allowed it, each as `subject: rule`, the host's last. */
  inherited: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The real path of the program. */
  file: Schema.String,
  cwd: Schema.String,
  /** The names of its variables. */
  env: Schema.Array(Schema.String),
  /** Names that are not shown. */
  envOmitted: Schema.optionalKey(Schema.Natural),
  /** From the request to the start. */
  startMs: Schema.Finite,
  ...traced,
  /** From the request to the decision, of what is traced. */
  authorizeMs: Schema.optionalKey(Schema.Finite)
})

/** A process that may run, or could, was not started: there is no such program, a limit is reached, the system refuses. */
const StartFailed = Schema.TaggedStruct("StartFailed", {
  ...fact,
  ...actor,
  ...command,
  /** Absent: it came to none. */
  id: Schema.optionalKey(ProcessId),
  error,
  /** What of it: an errno, or the name of a limit. */
  reason: Schema.optionalKey(Schema.String),
  ...traced,
  /** From the request to the failure, of what is traced. */
  startMs: Schema.optionalKey(Schema.Finite)
})

/**
 * Something was refused by a rule of a policy. `command` and `args`: for what would have been a process.
 *
 * To look at a process that is another's, or none, and to signal it, are one refusal here, too (`target`: what was asked for).
 */
const PermissionDenied = Schema.TaggedStruct("PermissionDenied", {
  ...fact,
  ...actor,
  operation: Schema.String,
  /** A path into the policy: `commands`, `env.set`, `observe`. */
  rule: Schema.String,
  code: Schema.Literals([codes.PermissionDenied, codes.ProcessNotFound]),
  command: Schema.optionalKey(Schema.String),
  args: Schema.optionalKey(Schema.Array(Schema.String)),
  argsOmitted: Schema.optionalKey(Schema.Natural),
  cwd: Schema.optionalKey(Schema.String),
  /** The process, the topic, the stream or the token that it is about. */
  target: Schema.optionalKey(Schema.String),
  ...traced,
  /** From the request to the decision, of what is traced. */
  authorizeMs: Schema.optionalKey(Schema.Finite)
})

/** A client has begun to look at a process that was there. */
const ProcessAttached = Schema.TaggedStruct("ProcessAttached", { ...fact, ...actor, id: ProcessId })

/** A client has had a process signalled, or ended in steps. `actor`: who has, which need not be whose process it is. */
const ProcessSignaled = Schema.TaggedStruct("ProcessSignaled", {
  ...fact,
  ...actor,
  id: ProcessId,
  operation: Schema.Literals(["kill", "stop"]),
  /** Absent for an end in steps. */
  signal: Schema.optionalKey(Signal)
})

/** A client has a standard stream of the host itself. */
const HostStreamOpened = Schema.TaggedStruct("HostStreamOpened", { ...fact, ...actor, fd: Fd })

const ProcessExited = Schema.TaggedStruct("ProcessExited", {
  ...fact,
  ...actor,
  id: ProcessId,
  pid: Pid,
  command: Schema.String,
  exit: ExitStatus,
  killedBy: Schema.optionalKey(KilledBy),
  /** The limit of its policy that it has exceeded. */
  limit: Schema.optionalKey(ExceededLimit),
  /** From the request to the exit. */
  durationMs: Schema.Finite,
  /** Processor time, of it and of those of its descendants that it has waited for. Absent where the system does not tell. */
  cpuMs: Schema.optionalKey(Schema.Finite),
  /** The most resident memory that it had at a time. Absent where the system does not tell. */
  peakRssBytes: Schema.optionalKey(Schema.Natural),
  ...traced,
  /** From the start to the exit, of what is traced. */
  runMs: Schema.optionalKey(Schema.Finite)
})

/** Output of a process was dropped for the first time, since its client did not read. */
const OutputTruncated = Schema.TaggedStruct("OutputTruncated", { ...fact, ...actor, id: ProcessId, fd: Fd })

/** Nothing more will come out of a process. `bytes`: all that passed. `limit`: exceeded by it, or by those who have outlived it. */
const ProcessClosed = Schema.TaggedStruct("ProcessClosed", {
  ...fact,
  ...actor,
  id: ProcessId,
  bytes: StreamBytes,
  limit: Schema.optionalKey(ExceededLimit)
})

/** A replica of a daemon has come from one state to another. `actor`: in whose name it runs. */
const DaemonStateChanged = Schema.TaggedStruct("DaemonStateChanged", {
  ...fact,
  ...actor,
  name: DaemonName,
  replica: Replica,
  from: DaemonState,
  to: DaemonState,
  reason: Schema.optionalKey(DaemonReason)
})

/** Facts that the history could not take: so many, since the disk did not keep up. What they were about may be incomplete there. */
const HistoryLost = Schema.TaggedStruct("HistoryLost", { ...fact, lost: Schema.Natural, reason: Schema.String })

/** Somebody has done something by means of the host: logged in at a gateway, or ended a token there. In the words of the host. */
const HostNoted = Schema.TaggedStruct("HostNoted", {
  ...fact,
  act: Schema.String,
  /** Who. Absent: nobody knows. */
  by: Schema.optionalKey(Schema.String),
  /** To what. */
  target: Schema.optionalKey(Schema.String)
})

/** The subscriber was too slow: so many facts before the next one are lost to him. `seq`: of the last of those. */
const Lagged = Schema.TaggedStruct("Lagged", { ...fact, missed: Schema.Natural })
export type Lagged = typeof Lagged.Type

/**
 * The broker's thread has ended and been replaced. What ran is over, and of its ends, as of all that happened last, nothing is
 * told. Whoever had listened before gets it in the place of that, whatever his filter.
 */
const BrokerRestarted = Schema.TaggedStruct("BrokerRestarted", {
  ...fact,
  /** Why the thread ended. For the host and its audit. */
  reason: Schema.optionalKey(Schema.String)
})
export type BrokerRestarted = typeof BrokerRestarted.Type

export const BusEvent = Schema.Union([
  ClientConnected,
  ConnectRefused,
  ClientLost,
  TokenMinted,
  TokenRefused,
  TokenRevoked,
  TokenExpired,
  ProcessStarted,
  StartFailed,
  PermissionDenied,
  ProcessAttached,
  ProcessSignaled,
  HostStreamOpened,
  ProcessExited,
  OutputTruncated,
  ProcessClosed,
  DaemonStateChanged,
  HistoryLost,
  HostNoted,
  Lagged,
  BrokerRestarted
])
export type BusEvent = typeof BusEvent.Type
export type BusEventTag = BusEvent["_tag"]

/** The names of all kinds of facts. */
export const busEventTags = BusEvent.members.map(
  (member) => member.fields._tag.schema.literal
) as ReadonlyArray<BusEventTag>
