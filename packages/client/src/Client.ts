/**
 * A client of a broker: spawns processes that its token allows, and reads them as Effect streams.
 *
 * It runs wherever there is a message port: the main thread, a worker, a renderer, a page. It never blocks that thread
 * and never touches a process itself.
 */
import {
  type BrokerUnavailable,
  type BusEvent,
  type Daemons,
  type EventFilter,
  type ExitStatus,
  type Explanation,
  type HistoryOutput,
  type HistoryQuery,
  type HistoryRecord,
  makeDaemons,
  type Policy,
  type Port,
  type ProcessError,
  type ProcessId,
  type ProcessInfo,
  type ProcessTarget,
  readHistory,
  type Stdio,
  Subscriber,
  type SubscribeOptions,
  type Topic,
  type UsageSample
} from "@spawnbroker/protocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Shell } from "./connection/DefaultShell.ts"
import { type ConnectError, connectSession, type Session } from "./connection/connect-session.ts"
import { keepConnected, type Line } from "./connection/keep-connected.ts"
import { openWebSocket } from "./connection/open-web-socket.ts"
import { delegateTo, type SessionClient } from "./delegate-to.ts"
import { attach, type AttachOptions } from "./operations/attach.ts"
import {
  type BackgroundCommand,
  type BufferedOutput,
  OutputReader,
  start,
  type StartOptions
} from "./operations/background.ts"
import { explain, revoke, type RevokeOptions } from "./operations/capabilities.ts"
import { kill, type KillOptions } from "./operations/kill.ts"
import { runPipeline, type RunPipelineOptions, spawnPipeline } from "./operations/pipeline.ts"
import { makeRun, type Run } from "./operations/run.ts"
import type { HostStdio } from "./host-stdio/HostStdio.ts"
import { makeHostStdio } from "./host-stdio/make-host-stdio.ts"
import type { IpcOption, MessagesOf } from "./messages/ProcessMessages.ts"
import { spawn } from "./operations/spawn.ts"
import { stop, type StopOptions } from "./operations/stop.ts"
import { makeTemplate, type Template } from "./operations/template.ts"
import type { Piped, SpawnOptions } from "./options.ts"
import { makePipelineHandle, type PipelineHandle } from "./pipeline/PipelineHandle.ts"
import type { PipelineResult } from "./pipeline/PipelineResult.ts"
import type { PipelineOptions, Stage } from "./pipeline/Stage.ts"
import type { ProcessHandle } from "./process/ProcessHandle.ts"
import type { RunError } from "./run/RunOptions.ts"

export interface ClientHandle {
  /** The subject of the token's policy. */
  readonly subject: string
  /**
   * Starts a process. It ends with the scope: its group gets the kill signal, then SIGKILL, and is waited for.
   *
   * **Errors**: `PermissionDenied` (names the rule), `NotFound`, `SpawnFailed` (with the errno), `InvalidArgument`,
   * `LimitExceeded`, `InvalidToken`, `BrokerUnavailable`.
   *
   * **Interruption**: at any moment, also while it is being started: nothing is left running.
   *
   * **Gotchas**: the handle has the members of the streams that are piped, as far as the options' type tells.
   *
   * **Example** (one line in, one line out)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "cat" }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const cat = yield* client.spawn("cat")
   *   const accepted = yield* cat.write("hello\n")
   *   accepted // => 6
   *   yield* cat.closeStdin
   *   const lines = yield* Stream.runCollect(cat.stdoutLines)
   *   lines // => ["hello"]
   *   const facts = yield* Stream.runCollect(cat.lifecycle)
   *   facts.map((fact) => fact._tag) // => ["Starting", "Started", "Exited", "Closed"]
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly spawn: <
    Stdin extends Stdio = "pipe",
    Stdout extends Stdio = "pipe",
    Stderr extends Stdio = "pipe",
    const Ipc extends IpcOption | undefined = undefined
  >(
    command: string,
    args?: ReadonlyArray<string>,
    options?: SpawnOptions<Stdin, Stdout, Stderr> & { readonly ipc?: Ipc }
  ) => Effect.Effect<ProcessHandle<Piped<Stdin, Stdout, Stderr>> & MessagesOf<Ipc>, ProcessError, Scope.Scope>
  /**
   * Runs a process to its end and keeps its output. An exit code other than 0, a signal, a timeout and a cancellation are
   * results, not errors, unless `check` says so.
   *
   * **Errors**: those of `spawn`; what `onLine` fails with; `RunFailed` with `check: true`.
   *
   * **Interruption**: the process group is ended, and waited for. To keep the result, use the option `cancel`.
   *
   * **Example** (a time limit is a result)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "sleep", args: true }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const { timedOut, exit } = yield* client.run("sleep", ["60"], { timeout: "50 millis" })
   *   timedOut // => true
   *   exit // => { _tag: "Signaled", signal: "SIGTERM" }
   * }).pipe(Effect.scoped)
   * ```
   *
   * **Example** (each line as it comes; a failure as an error)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "sh", args: true }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const seen: Array<string> = []
   *   const onLine = ({ text }) => Effect.sync(() => seen.push(text))
   *   const failed = yield* Effect.flip(client.run("sh", ["-c", "echo one; exit 3"], { onLine, check: true }))
   *   seen // => ["one"]
   *   failed._tag // => "RunFailed"
   *   failed.result.exit // => { _tag: "Exited", code: 3 }
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly run: Run
  /**
   * Runs a command that is written as one would type it. There is no shell, and a value is always one argument.
   *
   * **Example** (a name with a space stays one argument)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "printf", args: true }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const { stdout } = yield* client.$`printf '%s;' ${"one name; two"} ${["three", "four"]}`
   *   stdout // => "one name; two;three;four;"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly $: Template
  /**
   * Starts processes of which each reads what the one before it writes, through a pipe of the kernel: those bytes come by no
   * thread of this program. All stages are authorised before any is started, and if one cannot be started none is left.
   *
   * **Errors**: those of `spawn`; `PermissionDenied`, `NotFound` and `SpawnFailed` have the stage (`stage`, from 0 on).
   *
   * **Interruption**: at any moment, also while they are being started: nothing is left running.
   *
   * **Example** (a stage that leaves early ends the one before it)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const commands = ["yes", "head"].map((command) => ({ command, args: true as const }))
   *   const token = yield* broker.mint({ subject: "example", commands })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const pipeline = yield* client.pipeline([{ command: "yes" }, { command: "head", args: ["-n", "2"] }])
   *   const lines = yield* Stream.runCollect(pipeline.stdoutLines)
   *   lines // => ["y", "y"]
   *   const exits = yield* pipeline.exits
   *   exits // => [{ _tag: "Signaled", signal: "SIGPIPE" }, { _tag: "Exited", code: 0 }]
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly pipeline: (
    stages: ReadonlyArray<Stage>,
    options?: PipelineOptions
  ) => Effect.Effect<PipelineHandle, ProcessError, Scope.Scope>
  /**
   * Runs a pipeline to its end: keeps what its last stage puts out, and of each other one what does not go to the next.
   *
   * **Errors**: those of `pipeline`; what `onLine` fails with; `RunFailed` with `check: true`, if any stage is no success.
   *
   * **Interruption**: all process groups are ended, and waited for.
   *
   * **Example** (the failure of any stage is the failure of the whole)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const commands = ["cat", "wc"].map((command) => ({ command, args: true as const }))
   *   const token = yield* broker.mint({ subject: "example", commands })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const result = yield* client.runPipeline([{ command: "cat", args: ["/none"] }, { command: "wc", args: ["-c"] }])
   *   result.stdout // => "0\n"
   *   result.exit // => { _tag: "Exited", code: 1 }
   *   result.stages[0].stderr // => "cat: /none: No such file or directory\n"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly runPipeline: <E = never, R = never, Check extends boolean = false>(
    stages: ReadonlyArray<Stage>,
    options?: RunPipelineOptions<E, R, Check>
  ) => Effect.Effect<PipelineResult, RunError<E, Check>, R>
  /** Named processes that the broker keeps running, where the policy has `daemons`. */
  readonly daemons: Daemons
  /** The host's own stdin, stdout and stderr, where the policy has `stdio: { inherit: true }`. */
  readonly hostStdio: HostStdio
  /** The processes that the policy lets this client see, running and recently ended, oldest first. */
  readonly list: () => Effect.Effect<ReadonlyArray<ProcessInfo>, ProcessError>
  /**
   * What those of them use now that run, each with its descendants: processor time and resident memory. Looked at once a second
   * at most, however many ask; one that has only just started is in the next. None, where the system does not tell (no /proc).
   *
   * **Example** (the share of a processor)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", shell: true })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const id = yield* client.start("while true; do :; done")
   *   const { processes } = yield* client.usage().pipe(
   *     Effect.repeat({ until: ({ processes }) => (processes[0]?.cpuMs ?? 0) > 0, schedule: Schedule.spaced("200 millis") })
   *   )
   *   processes[0].id === id // => true
   *   processes[0].residentBytes > 0 // => true
   *   yield* client.kill({ id })
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly usage: () => Effect.Effect<UsageSample, ProcessError>
  /** One of them. **Errors**: `ProcessNotFound`. */
  readonly get: (id: ProcessId) => Effect.Effect<ProcessInfo, ProcessError>
  /**
   * Starts a process in the background: a line of the default shell, if the policy has `shell`, or a command and its
   * arguments as an array, without one. No scope owns it; it ends with the connection, unless the policy's `disconnect`
   * says otherwise.
   *
   * What it puts out is kept, the last 1 MiB of it (`replayBytes`), and it never waits for a reader.
   *
   * **Example** (start, ask for what there is, end)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", shell: true })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const id = yield* client.start("echo ready; exec sleep 60")
   *   const { stdout, running } = yield* client.readOutput(id).pipe(
   *     Effect.repeat({ until: ({ stdout }) => stdout !== "", schedule: Schedule.spaced("10 millis") })
   *   )
   *   stdout // => "ready\n"
   *   running // => true
   *   yield* client.kill({ id })
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly start: (line: BackgroundCommand, options?: StartOptions) => Effect.Effect<ProcessId, ProcessError>
  /**
   * What a process has put out since this client last asked, as far as it is kept. Answers at once, perhaps with nothing.
   *
   * **Errors**: `ProcessNotFound`.
   */
  readonly readOutput: (id: ProcessId) => Effect.Effect<BufferedOutput, ProcessError>
  /**
   * A handle on a process that is there already: one's own, or one that the policy lets this client observe. First comes
   * what the broker has kept of its output, then what follows, without a gap and without a repeat.
   *
   * The scope owns the handle, not the process. A client that only observes cannot write, and never holds the process up:
   * what it does not read in time is dropped, and counted in `Closed`.
   *
   * **Errors**: `ProcessNotFound`.
   */
  readonly attach: (id: ProcessId, options?: AttachOptions) => Effect.Effect<ProcessHandle, ProcessError, Scope.Scope>
  /** The shell that reads the lines of `start` and of the option `shell`. At first `sh -c`. */
  readonly defaultShell: Effect.Effect<Shell>
  /** Sets it for this client; `null` restores `sh -c`. **Errors**: `PermissionDenied` where the policy has no `shell`. */
  readonly setDefaultShell: (shell: Shell | null) => Effect.Effect<void, ProcessError>
  /**
   * Sends a signal to the group of a process that the policy lets this client signal.
   *
   * **Errors**: `ProcessNotFound`, also for a PID that is not the broker's; `AlreadyExited`.
   */
  readonly kill: (target: ProcessTarget, options?: KillOptions) => Effect.Effect<void, ProcessError>
  /**
   * Ends a process that the policy lets this client signal, and its group: its `stop` steps, or those given here, then
   * SIGKILL. Resolves once the group is gone; at once for a process that has exited.
   *
   * **Errors**: `ProcessNotFound`; `InvalidArgument` for steps that are none. **Interruption**: it is being ended all the
   * same.
   *
   * **Example** (the end of its input first, then signals)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "cat" }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const cat = yield* client.spawn("cat")
   *   const exit = yield* client.stop({ id: cat.id }, {
   *     steps: [{ closeStdin: true, for: "5 seconds" }, { signal: "SIGINT", for: "5 seconds" }]
   *   })
   *   exit // => { _tag: "Exited", code: 0 }
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly stop: (target: ProcessTarget, options?: StopOptions) => Effect.Effect<ExitStatus, ProcessError>
  /**
   * What `spawn` would be answered now, with the same arguments: allowed or denied, by which rule of whose policy, and what
   * would run. Nothing is started.
   *
   * **Example** (why not, without trying)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "echo", args: [["hello"]] }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const hello = yield* client.explain("echo", ["hello"])
   *   hello._tag // => "Allowed"
   *   hello.argv // => ["echo", "hello"]
   *   hello.env // => ["PATH"]
   *   const goodbye = yield* client.explain("echo", ["goodbye"])
   *   goodbye._tag // => "Denied"
   *   goodbye.error.rule // => "commands[0].args"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly explain: (
    command: string,
    args?: ReadonlyArray<string>,
    options?: SpawnOptions
  ) => Effect.Effect<Explanation, ProcessError>
  /**
   * A token for somebody who may do less: what is done with it must be allowed by the given policy and by this client's own.
   * It can be handed on, and narrowed again. It ends with this client's token, if not before; not with this connection.
   *
   * This client sees and may signal what runs with it. Variables that the policy fixes (`env.values`) must be ones that this
   * client may set; secrets only the host may name.
   *
   * **Errors**: `InvalidArgument` for a policy that is wrong, with the place of the mistake; `LimitExceeded` for more than 256
   * derived tokens at a time, a chain of more than 8, or a policy of more than 32 KiB.
   *
   * **Example** (one directory, one command, one minute)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const commands = ["ls", "cat"].map((command) => ({ command, args: true as const }))
   *   const token = yield* broker.mint({ subject: "panel", commands, cwd: ["/"] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const narrower = yield* client.attenuate({
   *     subject: "lister", commands: [{ command: "ls", args: true }], cwd: ["/usr"], expires: "1 minute"
   *   })
   *   const lister = yield* Client.connect(yield* broker.openPort(), narrower)
   *   lister.subject // => "panel/lister"
   *   const outside = yield* Effect.flip(lister.run("ls", [], { cwd: "/etc" }))
   *   outside.rule // => "cwd"
   *   const denied = yield* Effect.flip(lister.run("cat", [], { cwd: "/usr" }))
   *   denied.rule // => "commands"
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly attenuate: (policy: Policy) => Effect.Effect<string, ProcessError>
  /**
   * Ends a token that was derived from this client's, and what was derived from that one: their sessions at once, and with
   * `kill` their processes.
   *
   * **Errors**: `InvalidToken` for any other token.
   */
  readonly revoke: (token: string, options?: RevokeOptions) => Effect.Effect<void, ProcessError>
  /**
   * What happens in the broker, from when one listens on, as far as the policy lets this client observe it: what was done with
   * its token, and with those derived from it (`observe: "own"`), or everything. The filter narrows that.
   *
   * Whoever is slow never holds the broker up: what he has not taken of the last 1,024 facts (1 MiB) is lost to him, and a
   * `Lagged` in the place of it counts it.
   *
   * **Errors**: `InvalidArgument` for a filter that is none; whatever ends the connection.
   *
   * **Example** (the facts of one process)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "true" }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   const facts = client.events().pipe(Stream.takeUntil(({ _tag }) => _tag === "ProcessClosed"), Stream.runCollect)
   *   const listening = yield* Effect.forkChild(facts, { startImmediately: true })
   *   yield* client.run("true")
   *   const seen = yield* Fiber.join(listening)
   *   seen.map(({ _tag }) => _tag) // => ["ProcessStarted", "ProcessExited", "ProcessClosed"]
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly events: (filter?: EventFilter) => Stream.Stream<BusEvent, ProcessError>
  /**
   * What has run, the youngest first, from the broker's history, as far as the policy lets this client observe it: what was
   * started with its token, and with those derived from it (`observe: "own"`), or everything. Also of brokers before this one,
   * where they had the same file. Pages are read as the stream is.
   *
   * **Errors**: `Unsupported` where the broker has no history; `InvalidArgument` for a query that is none; `TimedOut` for a
   * search of outputs whose expression explodes.
   *
   * **Example** (what has run, though the broker itself may have forgotten it)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start({ history: "memory" })
   *   const commands = [{ command: "echo", args: true as const }]
   *   const token = yield* broker.mint({ subject: "panel", commands, history: { output: 65536 } })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *   yield* client.run("echo", ["hello world"])
   *   const [record] = yield* Stream.runCollect(client.history({ output: { matches: "^hello" } })).pipe(
   *     Effect.repeat({ until: (records) => records.length > 0, schedule: Schedule.spaced("10 millis") })
   *   )
   *   record.args // => ["hello world"]
   *   record.exit // => { _tag: "Exited", code: 0 }
   *   record.found // => { fd: 1, line: "hello world" }
   * }).pipe(Effect.scoped)
   * ```
   */
  readonly history: (query?: HistoryQuery) => Stream.Stream<HistoryRecord, ProcessError>
  /**
   * What the history keeps of the output of a process, where the host's policy says so (`history: { output }`): the last bytes
   * of each stream.
   *
   * **Errors**: `Unsupported`; `ProcessNotFound`.
   */
  readonly historyOutput: (id: ProcessId) => Effect.Effect<ReadonlyArray<HistoryOutput>, ProcessError>
  /**
   * Gives a message to all who subscribe to its topic now, this client among them, and answers how many those are. It waits
   * for none of them.
   *
   * **Errors**: `PermissionDenied` where the policy's `topics.publish` does not have the topic; `InvalidArgument` for a message
   * that does not fit its schema; `LimitExceeded` for one of more than 256 KiB.
   */
  readonly publish: <Message>(topic: Topic<Message>, message: Message) => Effect.Effect<number, ProcessError>
  /**
   * The messages of a topic, from when one listens on, whoever of the broker's clients has published them, and in one order
   * for all. Each is decoded here, by this client's own schema.
   *
   * What is lost since one was too slow, or does not fit the schema, is passed over with a warning in the log, or told to
   * `onSkipped`: no publisher can end a subscription.
   *
   * **Errors**: `PermissionDenied` where the policy's `topics.subscribe` does not have the topic.
   */
  readonly subscribe: <Message>(
    topic: Topic<Message>,
    options?: SubscribeOptions
  ) => Stream.Stream<Message, ProcessError>
}

/** The service, the constructor and the layer under one name. */
export class Client extends Context.Service<Client, ClientHandle>()("@spawnbroker/client/Client") {
  /**
   * Presents a token on a port. The connection ends with the scope, and with it every process that this client has
   * started and not released.
   *
   * `port` comes from `broker.openPort()`, perhaps through another thread. An Effect that gives a port, and another one each
   * time it is run, such as `broker.openPort()` itself, makes a client that lasts: when its broker crashes and is replaced, it
   * connects again with the same token. What runs then is over: handles, their streams and calls under way fail with
   * `BrokerUnavailable`; later calls wait for the new connection, up to 10 seconds. `events` and `subscribe` go on there, with a
   * `BrokerRestarted` among the facts, and so do the `changes` of daemons, which are started again, and their `logs` with
   * `follow`.
   *
   * **Errors**: `InvalidToken`, `Unsupported` (another version of the protocol), `BrokerUnavailable`.
   *
   * **Example** (a client that outlives its connection)
   *
   * ```ts
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "echo", args: true }] })
   *   const client = yield* Client.connect(broker.openPort(), token)
   *   return (yield* client.run("echo", ["hello"])).stdout // => "hello\n"
   * }).pipe(Effect.scoped)
   * ```
   */
  static readonly connect = (
    port: ClientPort | ClientPorts,
    token: string
  ): Effect.Effect<ClientHandle, ConnectError, Scope.Scope> =>
    Effect.isEffect(port)
      ? Effect.map(keepConnected(port as Effect.Effect<Port, BrokerUnavailable>, token), makeLastingClient)
      : Effect.map(connectSession(port as Port, token), makeClient)

  /**
   * Presents a token to a gateway, over a WebSocket, in Node or in a page. It is the same client, and one that lasts: when the
   * connection is lost it connects again by itself, at first at once and then once a second, for as long as the scope is open.
   *
   * `url` is the gateway's, such as `wss://host/ws`; `http` and `https` serve as well, and in a page also `/ws`. Without a token a
   * page is who has logged in there.
   *
   * Streams and calls that are under way when a connection is lost fail with `BrokerUnavailable`. What goes on running is said by
   * the policy (`disconnect: "keep"`; the users of a gateway have it), and is there to be attached to, with what is kept of its
   * output.
   *
   * **Errors**: `InvalidToken`, `InvalidArgument` for an address that is none, `Unsupported`, `BrokerUnavailable` where there is no
   * gateway.
   *
   * **Gotchas**: a WebSocket keeps the loop of its thread alive as long as it is connected.
   */
  static readonly connectWebSocket = (
    url: string | URL,
    token = ""
  ): Effect.Effect<ClientHandle, ConnectError, Scope.Scope> =>
    Effect.map(keepConnected(openWebSocket(url, token), token, "ask again"), makeLastingClient)

  static readonly layer = (port: ClientPort | ClientPorts, token: string): Layer.Layer<Client, ConnectError> =>
    Layer.effect(Client, Client.connect(port, token))
}

/** A port, and another one each time it is run. Fails where there will be no more. */
export type ClientPorts = Effect.Effect<ClientPort, BrokerUnavailable>

/** A message port of any kind: Node's, the DOM's, or one of that shape. */
export type ClientPort = Pick<Port, "close"> & { postMessage(message: any, transfer?: any): void }

/** The client of whatever session there is. What it remembers of one does not outlive that, but for its default shell. */
const makeLastingClient = ({ first, current }: Line): ClientHandle => {
  const clients = new WeakMap<Session, SessionClient>()
  const clientOf = (session: Session): SessionClient => {
    const client = clients.get(session) ?? makeClient({ ...session, shell: first.shell })
    clients.set(session, client)
    return client
  }
  return delegateTo(clientOf(first), Effect.map(current, clientOf))
}

const makeClient = (session: Session): SessionClient => {
  const { call, subject } = session
  const outputs = new OutputReader(session)
  const subscriber = new Subscriber(call)
  const run = makeRun((command, args, options) => spawn(session, command, args, options))
  return {
    subject,
    spawn: (command, args = [], options = {}) =>
      Effect.map(spawn(session, command, args, options), ({ handle }) => handle),
    run,
    $: makeTemplate(run),
    pipeline: (stages, options = {}) =>
      Effect.map(spawnPipeline(session, stages, options), (spawned) =>
        makePipelineHandle(spawned.map(({ handle }) => handle))
      ),
    runPipeline: (stages, options = {}) => runPipeline(session, stages, options),
    daemons: makeDaemons(call),
    hostStdio: makeHostStdio(session),
    list: () => call.list(),
    usage: () => call.usage(),
    get: (id) => call.get({ id }),
    start: (line, options = {}) => start(session, line, options),
    readOutput: (id) => outputs.read(id),
    attach: (id, options = {}) => attach(session, id, options),
    defaultShell: session.shell.get,
    setDefaultShell: (shell) => session.shell.set(shell),
    kill: (target, options) => kill(session, target, options),
    stop: (target, options) => stop(session, target, options),
    explain: (command, args = [], options = {}) => explain(session, command, args, options),
    attenuate: (policy) => call.attenuate({ policy }),
    revoke: (token, options) => revoke(session, token, options),
    events: (filter = {}, listening) => subscriber.events(filter, listening),
    history: (query = {}) => readHistory(call.history, query),
    historyOutput: (id) => call.historyOutput({ id }),
    publish: (topic, message) => subscriber.publish(topic, message),
    subscribe: (topic, options) => subscriber.messages(topic, options)
  }
}
