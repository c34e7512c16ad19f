/**
 * Starts the process of a replica, or takes over the one that runs: with its environment, its log and its PID file.
 */
import {
  type DaemonSpec,
  daemonDefaults,
  durationMillis,
  Pid,
  type ProcessError,
  REPLICA_MARK,
  spawnDefaults,
  type SpawnSpec
} from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { factsOf } from "../../child/process-facts.ts"
import { setTimeout as sleep } from "node:timers/promises"
import { errnoOf } from "../../child/start-child.ts"
import type { Capability } from "../access/Capability.ts"
import { daemonFileRoots } from "../access/authorize-daemon.ts"
import { startOwned } from "../process/start-owned.ts"
import type { Process } from "../process/Process.ts"
import type { SpawnRequest } from "../spawn/Spawner.ts"
import type { Worker } from "../Worker.ts"
import { adopt } from "./adopt.ts"
import { FileProblem } from "./files/Directory.ts"
import { INCARNATION, type Marks, newIncarnation, PidFile, type PidFileState } from "./files/PidFile.ts"
import { readEnvFile } from "./files/read-env-file.ts"
import type { Incarnation, Launch, LaunchFailed, LaunchHooks } from "./Incarnation.ts"
import type { LogBook } from "./logs/LogBook.ts"
import { LogFile } from "./logs/LogFile.ts"
import { LogTail } from "./logs/LogTail.ts"
import { LogTap } from "./logs/LogTap.ts"

/** How long somebody who has left the group, and still has its output, is listened to once the daemon has ended. */
const LAST_WORDS_MS = 1000

/** What a replica of a daemon is. */
export interface ReplicaOf {
  readonly worker: Worker
  readonly owner: Capability
  readonly spec: DaemonSpec
  readonly replica: number
  readonly book: LogBook
}

/** Variables by which a process says what it is, to itself and to the next broker. */
export const marksOf = ({ spec, replica }: ReplicaOf): Marks => ({
  SPAWNBROKER_DAEMON: spec.name,
  SPAWNBROKER_REPLICA: String(replica)
})

/** The path of a file of one replica. */
const pathFor = (path: string, replica: number): string => path.replaceAll(REPLICA_MARK, String(replica))

/** What is asked of the authorizer: the daemon as a spawn. */
export const spawnSpecOf = (spec: DaemonSpec, fileEnv: Readonly<Record<string, string>> = {}): SpawnSpec => {
  const { command, args = [], env, cwd, persistent = false, stop = daemonDefaults.stop, startTimeout } = spec
  const output = persistent ? "ignore" : "pipe"
  return {
    ...spawnDefaults,
    command,
    args,
    ...(cwd !== undefined && { cwd }),
    env: { ...fileEnv, ...env },
    stdin: "ignore",
    stdout: output,
    stderr: output,
    unread: "block",
    startTimeoutMs: durationMillis((startTimeout ?? daemonDefaults.startTimeout) as Duration.Input),
    stop: stop.map(({ signal, for: time }) => ({
      _tag: "Signal",
      signal,
      forMs: durationMillis(time as Duration.Input)
    }))
  }
}

/** The variables of the file of a daemon and of its specification. */
export const environmentOf = ({
  owner,
  spec
}: ReplicaOf): Effect.Effect<Readonly<Record<string, string>>, LaunchFailed> =>
  spec.envFile === undefined
    ? Effect.succeed({})
    : attempt(spec.envFile, () => readEnvFile(spec.envFile!, daemonFileRoots(owner.grant)))

export const launchDaemon =
  (of: ReplicaOf): Launch =>
  (hooks) =>
    Effect.gen(function* () {
      const { worker, owner, spec, replica } = of
      if (worker.daemons.isClosed) return yield* Effect.fail<LaunchFailed>(closing)
      if (worker.tokens.endingOf(owner) !== undefined) return yield* Effect.fail<LaunchFailed>(tokenOver)
      const roots = daemonFileRoots(owner.grant)
      const pidFile = spec.pidFile === undefined ? undefined : new PidFile(pathFor(spec.pidFile, replica), roots)
      const found = pidFile === undefined ? absent : yield* attempt(pidFile.path, () => pidFile.read(marksOf(of)))
      if (found._tag === "Alive" && spec.persistent === true) {
        yield* Effect.addFinalizer(() => removed(pidFile!, found.incarnation, hooks))
        yield* readTail(of, hooks)
        return yield* adopt(found.identity, spawnSpecOf(spec).stop, hooks)
      }
      if (found._tag === "Alive") return yield* runsElsewhere(found.identity.pid)
      if (found._tag === "Unknown") return yield* runsElsewhere(found.pid)
      const stalePid = found._tag === "Stale" && found.pid !== undefined ? Pid.make(found.pid) : undefined
      if (found._tag === "Stale") {
        worker.log(
          "Warning",
          `The PID file ${pidFile!.path} of the daemon ${spec.name} names a process that is gone (${found.pid ?? "no PID"}); it is replaced.`
        )
      }
      return yield* startNew(of, hooks, pidFile, stalePid)
    })

const startNew = (
  of: ReplicaOf,
  hooks: LaunchHooks,
  pidFile: PidFile | undefined,
  stalePid: Pid | undefined
): Effect.Effect<Incarnation, LaunchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { worker, owner, spec, replica, book } = of
    const fileEnv = yield* environmentOf(of)
    const file = yield* openLog(of)
    const incarnation = newIncarnation()
    let begun: Process | undefined
    // Its launcher has died, and it has not: it is found again by its PID file, as the next broker would find it.
    const isLost = (): boolean => spec.persistent === true && begun?.status.killedBy === "crash"
    const own: LaunchHooks = { ...hooks, terms: () => (isLost() ? "leave" : hooks.terms()) }
    if (pidFile !== undefined) yield* Effect.addFinalizer(() => removed(pidFile, incarnation, own))
    const marks = { ...marksOf(of), [INCARNATION]: incarnation }
    let tap!: LogTap
    const started = yield* Effect.acquireRelease(
      startOwned(worker, owner, spawnSpecOf(spec, fileEnv), {
        operation: "daemon",
        complete: (request) => complete(request, marks, spec.persistent === true ? file!.fd : undefined),
        begin: (each) => {
          begun = each
          const onProblem = (cause: unknown): void =>
            worker.log("Error", `The log of the daemon ${spec.name} cannot be written: ${String(cause)}. It runs on.`)
          tap = new LogTap(each, { book, replica, file, onLine: hooks.onLine, onProblem })
          worker.daemons.began(each)
        }
      }).pipe(Effect.mapError(notStarted)),
      (each) => ended(each, tap, own)
    )
    if (spec.persistent === true) yield* readTail(of, hooks, file!.size)
    const pid = Pid.make(started.pid!)
    if (pidFile !== undefined) {
      const startTime = factsOf(pid)?.startTime
      // One that has exited already needs none.
      if (startTime !== undefined) yield* attempt(pidFile.path, () => pidFile.write({ pid, startTime }, incarnation))
    }
    return {
      pid,
      processId: started.id,
      isAdopted: false,
      stalePid,
      exited: Effect.promise(() => tap.exited),
      exit: () => started.status.exit
    }
  })

/** What the client asked for, and what the broker adds: the marks, and the log that a persistent daemon writes by itself. */
const complete = (request: SpawnRequest, marks: Marks, logFd: number | undefined): SpawnRequest => ({
  ...request,
  env: { ...request.env, ...marks },
  ...(logFd !== undefined && { survives: true, stdio: ["ignore", { file: logFd }, { file: logFd }] as const })
})

/** Ends it and its group, and takes what it has still to say. */
const ended = (process: Process, tap: LogTap, hooks: LaunchHooks): Effect.Effect<void> =>
  Effect.promise(async () => {
    const terms = hooks.terms()
    if (terms !== "leave") {
      await process.end(terms.by, { withinMs: terms.withinMs })
      await Promise.race([tap.settled, sleep(LAST_WORDS_MS, undefined, { ref: false })])
      process.closeOutputs()
    }
    await tap.close()
  })

const removed = (pidFile: PidFile, incarnation: string, hooks: LaunchHooks): Effect.Effect<void> =>
  hooks.terms() === "leave" ? Effect.void : Effect.promise(() => pidFile.remove(incarnation).catch(() => {}))

const openLog = ({
  owner,
  spec,
  replica
}: ReplicaOf): Effect.Effect<LogFile | undefined, LaunchFailed, Scope.Scope> => {
  const { log } = spec
  if (log === undefined) return Effect.succeed(undefined)
  const options = { ...daemonDefaults.log, ...log, path: pathFor(log.file, replica) }
  return Effect.acquireRelease(
    attempt(options.path, () => LogFile.open(options, daemonFileRoots(owner.grant))),
    (file) => Effect.promise(() => file.close().catch(() => {}))
  )
}

/** Reads the log that a persistent daemon writes. */
const readTail = (
  { owner, spec, replica, book }: ReplicaOf,
  { onLine }: LaunchHooks,
  from?: number
): Effect.Effect<void, LaunchFailed, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      attempt(spec.log!.file, () =>
        LogTail.open(pathFor(spec.log!.file, replica), daemonFileRoots(owner.grant), book, replica, onLine, from)
      ),
      (tail) => Effect.promise(() => tail.close().catch(() => {}))
    )
  )

const absent: PidFileState = { _tag: "Absent" }
const closing: LaunchFailed = { reason: { _tag: "NotStarted", message: "the broker is shutting down" }, isFinal: true }
const tokenOver: LaunchFailed = { reason: { _tag: "TokenOver" }, isFinal: true }

const runsElsewhere = (pid: number): Effect.Effect<never, LaunchFailed> =>
  Effect.fail({ reason: { _tag: "RunsElsewhere", pid: Pid.make(pid) }, isFinal: true })

/** What may pass is tried again: a shortage, a program that is being replaced. What the policy says does not. */
const notStarted = (error: ProcessError): LaunchFailed => ({
  reason: { _tag: "NotStarted", message: error.message },
  isFinal: error._tag === "PermissionDenied" || error._tag === "InvalidArgument" || error._tag === "BrokerUnavailable"
})

/** What goes wrong with a file. */
const attempt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, LaunchFailed> =>
  Effect.tryPromise({
    try: run,
    catch: (cause): LaunchFailed => {
      const message =
        cause instanceof FileProblem ? cause.message : `the file ${path} cannot be used: ${errnoOf(cause)}`
      return { reason: { _tag: "NotStarted", message }, isFinal: false }
    }
  })
