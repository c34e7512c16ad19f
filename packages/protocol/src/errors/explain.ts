import type { ErrorTag } from "./codes.ts"
import type {
  AlreadyExited,
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
} from "./ProcessError.ts"
import { commandLine } from "./command-line.ts"
import { printable } from "./printable.ts"

/**
 * The words for an error: what happened, to what, why, and what to do next.
 *
 * All messages are made here, so that a log, a terminal and a test read the same.
 */
export const explain = (error: ProcessError): string => {
  const explainOne = explanations[error._tag] as (error: ProcessError) => string
  return printable(whichStage(error) + explainOne(error))
}

const whichStage = (error: ProcessError): string =>
  "stage" in error && error.stage !== undefined ? `Stage ${error.stage + 1} of the pipeline: ` : ""

const explanations: { readonly [T in ErrorTag]: (error: Extract<ProcessError, { _tag: T }>) => string } = {
  Io: (error: Io) =>
    error.errno === "EPIPE"
      ? `Cannot ${error.operation} ${error.stream}: EPIPE. The process has closed it; stop writing, or ignore this if it may stop early.`
      : `Cannot ${error.operation} ${error.stream}: ${error.errno}. See errno(3); the process itself may still run.`,
  PermissionDenied: (error: PermissionDenied) =>
    `Not allowed for "${error.subject}": ${error.what}. Decided by the rule \`${error.rule}\` of its policy.${didYouMean(error.nearest)} ${error.hint}`,
  NotFound: (error: NotFound) =>
    error.subject === "cwd"
      ? `The working directory ${error.path} does not exist. Create it, or give another \`cwd\`.`
      : `No such command: ${error.path}.${whereItLooked(error.searched)}${didYouMean(error.nearest)} Install it, or give its path.`,
  SpawnFailed: (error: SpawnFailed) =>
    `Could not start ${commandLine(error.command, error.args)} in ${error.cwd}: ${error.errno}. ${spawnAdvices.get(error.errno) ?? "See errno(3)."}`,
  ProcessNotFound: (error: ProcessNotFound) =>
    error.kind === "daemon"
      ? `No daemon ${error.id} that this client may see. Use \`client.daemons.list()\` for those it may, or start one by its specification.`
      : `No process ${error.id} that this client may see. Use \`client.list()\` for those it may.`,
  AlreadyExited: (error: AlreadyExited) =>
    error.operation === "attach"
      ? `Process ${error.id} could not be started, so it cannot be attached to. Start it again.`
      : `Process ${error.id} has already exited, so it cannot ${error.operation === "kill" ? "be signalled" : "be written to"}. Read its \`exit\`.`,
  InvalidToken: (error: InvalidToken) => tokenProblems[error.reason],
  LimitExceeded: (error: LimitExceeded) =>
    `More than the limit \`${error.limit}\` of ${error.maximum}.${howMuch(error)} ${limitAdvices.get(error.limit) ?? "Send less at a time."}`,
  TimedOut: (error: TimedOut) =>
    `${error.operation} took longer than ${error.timeoutMs} ms. Give it more time, or find what it waits for.`,
  InvalidArgument: (error: InvalidArgument) => `Invalid ${error.argument}: ${error.problem}.`,
  BrokerUnavailable: (error: BrokerUnavailable) => `The broker is not available: ${error.reason}. Connect again.`,
  Unsupported: (error: Unsupported) => `Not supported here: ${error.feature}. ${error.hint}`,
  TransformFailed: (error: TransformFailed) =>
    `The transform ${error.transform} of ${error.stream} failed: ${error.problem}. ${transformAdvices[error.reason]}`
}

const transformAdvices: { readonly [R in TransformFailed["reason"]]: string } = {
  input: "Look at the output without it, or use another.",
  threw: "Look at the output without it, and mend its module.",
  hung: "Its thread was ended, and nobody else's work with it. Give its module less to do a step, or more time.",
  bloated: "Its thread was ended, and nobody else's work with it. Let its module keep less, and answer less a step.",
  lost: "Run the process again."
}

const tokenProblems: { readonly [R in InvalidToken["reason"]]: string } = {
  unknown: "The token is not one of this broker's. Ask the host to mint one.",
  revoked: "The token has been revoked. Ask the host for another.",
  expired: "The token has expired. Ask the host for another.",
  missing: "This connection has not presented a token. Call `connect` first."
}

const howMuch = ({ accepted }: LimitExceeded): string =>
  accepted === undefined ? "" : ` ${accepted} bytes of this were accepted.`

/** By the name of the limit. A map, since the name may be any text. */
const limitAdvices: ReadonlyMap<string, string> = new Map(
  Object.entries({
    concurrent: "Wait until one of the processes has exited, or raise `limits.concurrent` in the policy.",
    startsPerMinute: "Start it later, or raise `limits.startsPerMinute` in the policy.",
    stdinBytes: "Give it less, or raise `limits.stdinBytes` in the policy."
  })
)

const didYouMean = (nearest: string | undefined): string => (nearest === undefined ? "" : ` Did you mean ${nearest}?`)

const whereItLooked = (searched: ReadonlyArray<string> | undefined): string =>
  searched === undefined ? "" : ` Looked in ${searched.join(", ") || "no directory: the policy's PATH is empty"}.`

/** By errno name. A map, since the name may be any text. */
const spawnAdvices: ReadonlyMap<string, string> = new Map(
  Object.entries({
    EACCES: "The file is not executable, or a directory above it may not be entered. Check its mode (chmod +x).",
    E2BIG:
      "The arguments and the environment together are too long for the system. Pass the data through stdin or a file.",
    ENOEXEC: "The file is neither a program of this machine nor a script with a #! line.",
    ENOENT: "The file exists, so its interpreter (the #! line) or dynamic loader is missing.",
    ESTALE:
      "The program, or the working directory, was replaced between the check and the start. Nothing was started; try again.",
    ETXTBSY: "Somebody has the program open for writing.",
    EPIPE: "The launcher died while it was starting it, so it may have begun to run. Look before you try again.",
    EAGAIN: "No more processes may be started now. End some, or raise the limit (ulimit -u).",
    ENOSYS: "This machine has no mkfifo, which makes the pipes between processes. Install it (coreutils).",
    EMFILE: "Too many files are open. End some processes, or raise the limit (ulimit -n).",
    ENFILE: "Too many files are open on this machine.",
    ENOMEM: "There is not enough memory to start a process."
  })
)
