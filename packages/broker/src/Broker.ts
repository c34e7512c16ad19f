/**
 * The host's handle on a broker: a worker thread that owns child processes on behalf of clients.
 *
 * The host starts it, mints capability tokens, and opens a port for each client. The port can be moved to wherever the
 * client lives. What a client may do is in its token, not in the port.
 *
 * Guarantees: closing the scope ends every child, by process group, and the thread; if the host is killed the launcher
 * does it. What it does not guard against: code in the host's own process, which can start processes by itself.
 */
import {
  type AnyCallError,
  type BusEvent,
  BrokerUnavailable,
  DaemonOperations,
  type Daemons,
  durationMillis,
  type Explanation,
  type HistoryOutput,
  type HistoryQuery,
  type HistoryRecord,
  InvalidArgument,
  type InvalidToken,
  LimitExceeded,
  makeDaemons,
  type Policy,
  type PolicyWarning,
  type ProcessError,
  type ProcessId,
  readHistory,
  type Remote,
  spawnDefaults,
  type SpawnSpec,
  type SubscribeOptions,
  type TokenId,
  type Topic,
  type Unsupported
} from "@spawnbroker/protocol"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { MessageChannel, type MessagePort } from "node:worker_threads"
import { type AuditOptions, decodeAudit } from "./host/audit-options.ts"
import { type AttachablePort, bridgePorts } from "./host/bridge-port.ts"
import { decodeHistory, type HistoryOptions } from "./host/history-options.ts"
import { startWorker, type WorkerThread } from "./host/start-worker.ts"
import { codeCache } from "./host/code-cache.ts"
import { DaemonLedger } from "./host/DaemonLedger.ts"
import { type Supervised, superviseWorker } from "./host/supervise-worker.ts"
import { TokenLedger } from "./host/TokenLedger.ts"
import { decodeTransforms, type OwnTransform, type PoolOptions } from "./host/transform-options.ts"
import { overWorkers } from "./host/over-workers.ts"
import { clockStartsNow } from "./link/clock-start.ts"
import type { BrokerStats, Identity, ShutdownReport } from "./link/host-operations.ts"
import { type ConnectedClient, type GoodToken, type HostNote, MAX_WORDS_LENGTH } from "./link/Overview.ts"
import type { SpawnerChoice } from "./link/worker-start.ts"
import type { WorkerMetrics } from "./link/WorkerMetrics.ts"

export interface BrokerOptions {
  /**
   * How children are started. `launcher`: by a small process of its own, whose forks cost the same however large the
   * host is. `direct`: by the broker's thread. `auto`: the launcher on Linux, or direct with a logged reason.
   * @default "auto"
   */
  readonly spawner?: SpawnerChoice | undefined
  /**
   * The environment from which policies inherit.
   * @default process.env
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Where processes run whose client names no directory.
   * @default process.cwd()
   */
  readonly cwd?: string | undefined
  /**
   * Values that policies refer to by name (`env.values: { TOKEN: { secret: "name" } }`): such a variable is set in the
   * children, and its value is in no policy, error, log or list.
   * @default none
   */
  readonly secrets?: Readonly<Record<string, string>> | undefined
  /**
   * What is done with the warnings of a policy that is minted (see `check`): each is logged once, or none.
   * @default "log"
   */
  readonly policyWarnings?: "log" | "ignore" | undefined
  /**
   * How long children get at most before SIGKILL when the scope closes: the steps by which each is ended (its kill signal
   * and its grace, unless its client has said otherwise) are shortened in proportion where they would take longer.
   * @default "5 seconds"
   */
  readonly shutdownGrace?: Duration.Input | undefined
  /**
   * Launcher processes at most. There is one at first, and more once several children are being started at a time: a start
   * holds its launcher up until the child has become its program. Each has some 11 MB of its own. There is one only in a host
   * that may have less than 1,024 descriptors or processes (`ulimit -n`, `ulimit -u`).
   * @default one less than there are cores, so that one is left for the host; 1 at least, 4 at most
   */
  readonly launchers?: number | undefined
  /**
   * How long the broker's thread may stand still before it is held to hang, and replaced: its children are ended, its clients
   * lose their connections, tokens stay good. Time in which the host's own thread stands still, or the machine sleeps, does not
   * count. Lower: a hang is over sooner. Higher: a long pause on a busy machine is taken for none more surely.
   * @default "5 seconds"
   */
  readonly hangTimeout?: Duration.Input | undefined
  /**
   * What the broker's thread may have on its heap, in MiB. One that exceeds it is replaced, as one that hangs. What is under way
   * of outputs is not on the heap.
   * @default V8's own limit, some gigabytes
   */
  readonly heapLimitMb?: number | undefined
  /**
   * Where every decision, and every start and end of a process, is written down.
   *
   * **Errors**: `BrokerUnavailable` where the file cannot be opened.
   * @default nowhere
   */
  readonly audit?: AuditOptions | undefined
  /**
   * Where it is remembered what has run and how it ended, and what was refused: `true`, `"memory"`, or {@link HistoryOptions}.
   * It costs a thread of its own, and a file that grows, so it is there only where it is asked for.
   *
   * **Errors**: `BrokerUnavailable` where the file cannot be opened, or is that of a newer version.
   * @default false
   */
  readonly history?: boolean | "memory" | HistoryOptions | undefined
  /**
   * Transforms of your own, by the name under which clients ask for them and policies allow them: modules that make of what a
   * process puts out what its client wants, in a thread that is nobody else's. One with the name of a built-in is in its place
   * (`lines`, `ndjson`, `stripAnsi`, `gunzip`, `digest`).
   *
   * **Errors**: `BrokerUnavailable` for a name that is none, or a place that is no file.
   * @default those that are built in
   */
  readonly transforms?: Readonly<Record<string, OwnTransform>> | undefined
  /**
   * The threads in which transforms run: how many, how large, and how long they are kept.
   * @default as many as there are cores, from 2 to 4; 128 MiB of heap each; 10 seconds
   */
  readonly pool?: PoolOptions | undefined
  /**
   * The file of the broker's thread, where a bundler has put it: an entry of its own, made from
   * `@spawnbroker/broker/worker`. A path, or a URL of the kind `file:`.
   * @default the one in this package
   */
  readonly workerUrl?: URL | string | undefined
  /**
   * Path of the launcher's file, where a bundler has put it: an entry of its own, made from
   * `@spawnbroker/broker/launcher`. It may be in an asar archive if `execPath` is an Electron, which can read those.
   * @default the one in this package
   */
  readonly launcherPath?: string | undefined
  /**
   * The binary that runs the launcher: a Node, or an Electron. It is run with `ELECTRON_RUN_AS_NODE=1`, which makes an
   * Electron behave as Node, and with nothing else of the host's environment; children do not get that variable.
   * @default process.execPath
   */
  readonly execPath?: string | undefined
}

export interface BrokerHandle {
  /**
   * A token for a policy: an opaque string, shown once and kept nowhere. Give it to one client.
   *
   * **Errors**: `InvalidArgument` for a policy that is wrong, with the place of the mistake; `Unsupported` for limits or a
   * sandbox that this machine cannot enforce.
   */
  readonly mint: (policy: Policy) => Effect.Effect<string, AnyCallError | Unsupported>
  /**
   * What in a policy grants more than it seems to: programs that run other programs, with arguments of the client's choice.
   * Each with its place, and what to grant instead. `mint` logs the same. Nothing is minted.
   *
   * **Errors**: `InvalidArgument` for a policy that is wrong, as `mint`.
   *
   * **Example** (`find` runs commands)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const warnings = yield* broker.check({ subject: "panel", commands: [{ command: "find", args: true }] })
   *   warnings.map(({ place, program }) => [place, program]) // => [["commands[0].args", "find"]]
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly check: (policy: Policy) => Effect.Effect<ReadonlyArray<PolicyWarning>, AnyCallError>
  /**
   * Who presents a token: for a host that lets nobody as far as a port without one. It is neither used up nor kept.
   *
   * **Errors**: `InvalidToken`.
   */
  readonly identify: (token: string) => Effect.Effect<Identity, InvalidToken | AnyCallError>
  /** A port for one client, which can be transferred to any thread or window. It does nothing without a token. */
  readonly openPort: () => Effect.Effect<MessagePort, BrokerUnavailable>
  /**
   * Serves a client that is reached by a port of Electron's kind, a `MessagePortMain`: one end of a `MessageChannelMain`
   * whose other end goes to a window, or a port that a window has sent. Messages that it holds already are not lost.
   *
   * The session ends when either end closes: a window that reloads, is closed or crashes loses it, and its processes
   * end. A port for which there is no broker is closed.
   */
  readonly attachPort: (
    port: AttachablePort,
    options?: {
      /** By what its client comes, as `clients` says. At most 256 characters. @default "port" */
      readonly via?: string
    }
  ) => Effect.Effect<void, BrokerUnavailable>
  /** The clients that are connected now: whose, since when, by what, and how many processes of theirs live. */
  readonly clients: Effect.Effect<ReadonlyArray<ConnectedClient>, BrokerUnavailable>
  /**
   * The tokens that are good, each after the one that it was derived from. None can be used by what is told: it is its identifier, which is
   * in facts, too.
   *
   * **Example** (who has what)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   yield* broker.mint({ subject: "panel" })
   *   const [panel] = yield* broker.tokens
   *   panel.subject // => "panel"
   *   yield* broker.revokeById(panel.id)
   *   yield* broker.tokens // => []
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly tokens: Effect.Effect<ReadonlyArray<GoodToken>, BrokerUnavailable>
  /**
   * Ends a token, and the sessions of those who hold it, at once.
   *
   * `kill`: also ends their processes, and waits for that. Otherwise they run on until they exit by themselves.
   */
  readonly revoke: (
    token: string,
    options?: { readonly kill?: boolean }
  ) => Effect.Effect<void, InvalidToken | AnyCallError>
  /**
   * As `revoke`, of a token that one knows by its identifier.
   *
   * **Errors**: `InvalidToken` where there is none that is good.
   */
  readonly revokeById: (
    id: TokenId,
    options?: { readonly kill?: boolean }
  ) => Effect.Effect<void, InvalidToken | AnyCallError>
  /**
   * Writes into the audit, and tells as a fact `HostNoted`, what somebody has done by means of the host: `act`, who (`by`), to what
   * (`target`). Each has at most 256 characters.
   */
  readonly note: (note: HostNote) => Effect.Effect<void, AnyCallError>
  /**
   * What a client with a policy would be answered that spawns this: allowed or denied, by which rule, and what would run.
   * Nothing is minted, and nothing started.
   *
   * **Errors**: `InvalidArgument` for a policy that is wrong, as `mint`.
   *
   * **Example** (an option that was not thought of)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const policy = { subject: "panel", commands: [{ command: "ls", args: [["-l", { rest: true as const }]] }] }
   *   const explain = (...args: ReadonlyArray<string>) => broker.explain(policy, { command: "ls", args })
   *   const allowed = yield* explain("-l", "docs")
   *   allowed._tag // => "Allowed"
   *   allowed.rules // => [{ subject: "panel", rule: "commands[0]" }]
   *   allowed.argv // => ["ls", "-l", "docs"]
   *   const denied = yield* explain("-l", "--recursive")
   *   denied._tag // => "Denied"
   *   denied.error.rule // => "commands[0].args"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly explain: (policy: Policy, spec: ExplainedSpec) => Effect.Effect<Explanation, AnyCallError>
  /**
   * All that happens in the broker, from when one listens on: see `BusEvent`. It ends with the broker.
   *
   * When the broker's thread is replaced it goes on with the next one, with a `BrokerRestarted`, which says why, in the place
   * of what happened in between.
   *
   * Whoever is slow never holds the broker up: what he has not taken of the last 1,024 facts (1 MiB) is lost to him, and a
   * `Lagged` in the place of it counts it.
   */
  readonly events: Stream.Stream<BusEvent>
  /**
   * Gives a message to all who subscribe to its topic now, and answers how many those are. No policy limits the host. If the
   * broker's thread dies meanwhile it is given to those who subscribe to the next one, too.
   */
  readonly publish: <Message>(topic: Topic<Message>, message: Message) => Effect.Effect<number, ProcessError>
  /**
   * The messages of a topic, from when one listens on, whoever has published them. It ends with the broker, and goes on when
   * the broker's thread is replaced; what is published in between does not reach it. What is lost since one was too slow, or does not fit the topic's schema, is passed over with a warning in the log, or told to `onSkipped`.
   */
  readonly subscribe: <Message>(topic: Topic<Message>, options?: SubscribeOptions) => Stream.Stream<Message>
  /**
   * Named processes that the broker keeps running, for the host itself: it sees, stops and restarts those of all clients, and
   * what it starts is limited by no policy. Such a daemon has the whole environment of the broker (`env`), and belongs to the
   * broker. It is started again where the broker's thread is replaced, and what goes on (`changes`, `logs` with `follow`)
   * goes on.
   *
   * A variable that decides which code runs (`PATH`, `NODE_OPTIONS`, and so on) is taken from `env`, and refused in an
   * `envFile`.
   *
   * **Example** (a daemon of the host)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const { state } = yield* broker.daemons.start({ name: "db", command: "sleep", args: ["60"] }, { until: "healthy" })
   *   state // => "healthy"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly daemons: Daemons
  /**
   * What has run, the youngest first, from the history: of this broker, and of those before it that had the same file. Pages are
   * read as the stream is. A process is there within a second of its start.
   *
   * **Errors**: `Unsupported` where there is no history; `InvalidArgument` for a query that is none; `TimedOut` for a search of
   * outputs whose expression explodes.
   *
   * **Example** (what has failed)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start({ history: "memory" })
   *   const token = yield* broker.mint({ subject: "panel", commands: [{ command: "true" }, { command: "false" }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   yield* client.run("true")
   *   yield* client.run("false")
   *   const failed = yield* Stream.runCollect(broker.history({ exit: "failure" })).pipe(
   *     Effect.repeat({ until: (records) => records.length > 0, schedule: Schedule.spaced("10 millis") })
   *   )
   *   failed.map(({ subject, command, exit }) => [subject, command, exit.code]) // => [["panel", "false", 1]]
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly history: (query?: HistoryQuery) => Stream.Stream<HistoryRecord, ProcessError>
  /**
   * What the history keeps of the output of a process, where its policy says so (`history: { output }`): the last bytes of each
   * stream.
   *
   * **Errors**: `Unsupported`; `ProcessNotFound`.
   */
  readonly historyOutput: (id: ProcessId) => Effect.Effect<ReadonlyArray<HistoryOutput>, ProcessError>
  /** Counts, bytes and resources at this moment, of the thread of now. `replaced`: how often it was replaced. */
  readonly stats: Effect.Effect<BrokerStats & { readonly replaced: number }, BrokerUnavailable>
  /**
   * What the broker's thread counts, of now: starts by outcome, what runs and what waits, bytes, refusals, how late its loop and
   * those of its launchers are. A new thread begins at 0. `BrokerMetrics.layer` of `@spawnbroker/broker/observability` makes
   * Effect metrics of it.
   *
   * **Example** (what came of the starts)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "true" }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   yield* client.run("true")
   *   yield* Effect.ignore(client.run("rm"))
   *   const { starts } = yield* broker.metrics
   *   starts // => { started: 1, denied: 1, limited: 0, failed: 0 }
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly metrics: Effect.Effect<BrokerMetricsSnapshot, BrokerUnavailable>
  /**
   * Ends everything in order: no new processes; daemons, those that depend on others first; what waits for its input has it
   * ended; kill signals, the grace, SIGKILL, each to whole groups; then the thread. The scope does the same when it closes.
   *
   * Another call while it goes on waits for the same end, and can only hurry it: with `{ grace: 0 }` what is left gets SIGKILL.
   * All answer the same report.
   */
  readonly shutdown: (options?: { readonly grace?: Duration.Input }) => Effect.Effect<ShutdownReport>
}

/** What the thread of now counts. `replaced`: how often it was replaced. */
export type BrokerMetricsSnapshot = WorkerMetrics & { readonly replaced: number }

/** What is asked for in a spawn; what is left out is as a client's that leaves it out. */
export type ExplainedSpec = Pick<SpawnSpec, "command"> & Partial<SpawnSpec>

/** The service, the constructor and the layer under one name. */
export class Broker extends Context.Service<Broker, BrokerHandle>()("@spawnbroker/broker/Broker") {
  /**
   * Starts a broker. It lives as long as the scope.
   *
   * **Example** (one process, from host to exit status)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "echo", args: true }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const { stdout } = yield* client.run("echo", ["hello"])
   *   return stdout // => "hello\n"
   * }).pipe(Effect.scoped)
   * ```
   */
  static readonly start = (options: BrokerOptions = {}): Effect.Effect<BrokerHandle, BrokerUnavailable, Scope.Scope> =>
    Effect.gen(function* () {
      const mark = randomBytes(MARK_BYTES).toString("hex")
      const clockStart = clockStartsNow()
      const ledger = new TokenLedger()
      const daemons = new DaemonLedger()
      const audit = yield* decodeAudit(options.audit)
      const history = yield* decodeHistory(options.history)
      const pool = yield* decodeTransforms(options.transforms, options.pool)
      const supervised = yield* superviseWorker((incarnation, previousEnd) =>
        startWorker(
          {
            spawner: options.spawner ?? "auto",
            incarnation,
            mark: `${mark}.${incarnation}`,
            previousMark: incarnation === 1 ? undefined : `${mark}.${incarnation - 1}`,
            previousEnd,
            clockStart,
            tokens: ledger.all,
            daemons: daemons.all,
            launchers: options.launchers ?? Math.min(Math.max(availableParallelism() - 1, 1), 4),
            env: definedOnly(options.env ?? process.env),
            cwd: options.cwd ?? process.cwd(),
            audit,
            history,
            secrets: options.secrets ?? {},
            pool,
            policyWarnings: options.policyWarnings ?? "log",
            codeCache: codeCache(),
            launcherPath: options.launcherPath && resolve(options.launcherPath),
            execPath: options.execPath && resolve(options.execPath)
          },
          {
            location: options.workerUrl,
            hangTimeoutMs: durationMillis(options.hangTimeout ?? "5 seconds"),
            heapLimitMb: options.heapLimitMb,
            hear: (notice) => {
              if (notice._tag === "TokenAdded") ledger.add(notice.token)
              if (notice._tag === "TokenEnded") ledger.end(notice.id)
              if (notice._tag === "DaemonAdded") daemons.add(notice)
              if (notice._tag === "DaemonChanged") daemons.change(notice.name, notice.replica, notice.stored)
              if (notice._tag === "DaemonForgotten") daemons.forget(notice.name)
            }
          }
        )
      )
      const handle = makeHandle(supervised, options.shutdownGrace ?? "5 seconds")
      yield* Effect.addFinalizer(() => handle.shutdown())
      return handle
    })

  static readonly layer = (options?: BrokerOptions): Layer.Layer<Broker, BrokerUnavailable> =>
    Layer.effect(Broker, Broker.start(options))
}

/** So many that no two brokers of a machine have the same. It is no secret. */
const MARK_BYTES = 8

/** What a shutdown takes on top of its grace, before the thread is terminated all the same. */
const SHUTDOWN_MARGIN_MS = 5000

const makeHandle = (supervised: Supervised, defaultGrace: Duration.Input): BrokerHandle => {
  const { retrying } = supervised
  let report: ShutdownReport = { exited: 0, stopped: 0, killed: 0, daemons: [] }
  let last: { readonly thread: WorkerThread | undefined } | undefined
  const shutdown: BrokerHandle["shutdown"] = ({ grace = defaultGrace } = {}) =>
    Effect.suspend(() => {
      const over = new BrokerUnavailable({ reason: "it was shut down" })
      last ??= { thread: supervised.retire(over) }
      const { thread } = last
      if (thread === undefined) return Effect.succeed(report)
      // The thread answers all who ask at once, the last one with less time hurries it, and one that has ended answers nobody.
      return thread.connection.call.shutdown({ graceMs: durationMillis(grace) }).pipe(
        Effect.map((answer) => void (report = answer)),
        Effect.timeout(durationMillis(grace) + SHUTDOWN_MARGIN_MS),
        Effect.ignore,
        Effect.andThen(thread.stop(over)),
        Effect.map(() => report)
      )
    })
  const openPortVia = (via: string): ReturnType<BrokerHandle["openPort"]> =>
    neverInvalid(
      retrying(({ connection }) => {
        const { port1, port2 } = new MessageChannel()
        return Effect.as(connection.call.openPort({ port: port1 as never, via }, [port1 as never]), port2)
      })
    )
  return {
    mint: (policy) => retrying(({ connection }) => connection.call.mint({ policy })),
    check: (policy) => retrying(({ connection }) => connection.call.check({ policy })),
    identify: (token) => retrying(({ connection }) => connection.call.identify({ token })),
    openPort: () => openPortVia("port"),
    attachPort: (window, { via = "port" } = {}) =>
      openPortVia(via.slice(0, MAX_WORDS_LENGTH)).pipe(
        Effect.map((port) => bridgePorts(window, port)),
        Effect.tapError(() => Effect.sync(() => window.close()))
      ),
    revoke: (token, { kill = false } = {}) => retrying(({ connection }) => connection.call.revoke({ token, kill })),
    revokeById: (id, { kill = false } = {}) => retrying(({ connection }) => connection.call.revokeById({ id, kill })),
    clients: neverInvalid(retrying(({ connection }) => connection.call.clients())),
    tokens: neverInvalid(retrying(({ connection }) => connection.call.tokens())),
    note: (note) => retrying(({ connection }) => connection.call.note(note)),
    explain: (policy, spec) =>
      retrying(({ connection }) => connection.call.explain({ policy, spec: { ...spawnDefaults, ...spec } })),
    events: overWorkers(supervised, (subscriber, listening) => subscriber.events({}, listening)),
    publish: (topic, message) => retrying(({ subscriber }) => subscriber.publish(topic, message)),
    subscribe: (topic, options) => overWorkers(supervised, (subscriber) => subscriber.messages(topic, options)),
    history: (query = {}) =>
      readHistory((payload) => retrying(({ connection }) => connection.call.history(payload)), query),
    historyOutput: (id) => retrying(({ connection }) => connection.call.historyOutput({ id })),
    daemons: makeDaemons(callsOverWorkers(supervised)),
    stats: Effect.map(neverInvalid(retrying(({ connection }) => connection.call.stats())), (stats) => ({
      ...stats,
      replaced: supervised.replaced()
    })),
    metrics: Effect.map(neverInvalid(retrying(({ connection }) => connection.call.metrics())), (metrics) => ({
      ...metrics,
      replaced: supervised.replaced()
    })),
    shutdown
  }
}

/** Asks the worker of now, and the next one if that dies meanwhile: each of these may be done twice. */
const callsOverWorkers = ({ retrying }: Supervised): Remote<DaemonOperations> => {
  const calls = [...DaemonOperations.requests.keys()].map((name) => [
    name,
    (payload: unknown) =>
      retrying(({ connection }) => (connection.call as unknown as Record<string, AnyCall>)[name]!(payload))
  ])
  return Object.fromEntries(calls) as Remote<DaemonOperations>
}

type AnyCall = (payload: unknown) => Effect.Effect<unknown, ProcessError>

/** What we send ourselves fits its schema. */
const neverInvalid = <A, E>(
  effect: Effect.Effect<A, E | InvalidArgument | LimitExceeded>
): Effect.Effect<A, Exclude<E, InvalidArgument | LimitExceeded>> =>
  Effect.catchIf(
    effect,
    (error) => error instanceof InvalidArgument || error instanceof LimitExceeded,
    Effect.die
  ) as never

const definedOnly = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
