import type {
  ExitStatus,
  Explanation,
  Policy,
  ProcessId,
  ProcessInfo,
  Signal,
  Stdio,
  UsageSample
} from "@spawnbroker/protocol"
import type { Shell } from "../connection/DefaultShell.ts"
import type { BackgroundCommand, BufferedOutput, StartOptions } from "../operations/background.ts"
import type { IpcOption } from "../messages/ProcessMessages.ts"
import type { RunResult } from "../run/RunResult.ts"
import type { Piped } from "../options.ts"
import type { StopOptions } from "../operations/stop.ts"
import type { RevokeOptions } from "../operations/capabilities.ts"
import type { KillOptions } from "../operations/kill.ts"
import type { PromiseEvents } from "./PromiseEvents.ts"
import type { PromiseHistory } from "./PromiseHistory.ts"
import type { PromiseDaemons } from "./PromiseDaemons.ts"
import type { PromiseHostStdio } from "./PromiseHostStdio.ts"
import type { PromiseMessagesOf } from "./PromiseMessages.ts"
import type { PipelineResult } from "../pipeline/PipelineResult.ts"
import type { Stage } from "../pipeline/Stage.ts"
import type {
  PromiseAttachOptions,
  PromiseExplainOptions,
  PromisePipelineOptions,
  PromiseRunOptions,
  PromiseRunPipelineOptions,
  PromiseSpawnOptions
} from "./options.ts"
import type { PromisePipeline } from "./PromisePipeline.ts"
import type { PromiseProcess } from "./PromiseProcess.ts"

/** A process by the broker's name for it, or by its PID. */
export type Target = { readonly id: string } | { readonly pid: number }

/**
 * A connection to a broker, which ends with `close`, and with it every process that it has started.
 *
 * No method needs its object: `const { spawn, run } = await connect(port, token)`. Each rejects with the tagged errors of
 * this package, and with nothing else but the reason of a signal.
 */
export interface PromiseClient extends AsyncDisposable, PromiseEvents, PromiseHistory {
  /** The subject of the token's policy. */
  readonly subject: string
  /**
   * Starts a process, and resolves once it runs.
   *
   * **Errors**: `PermissionDenied` (names the rule), `NotFound`, `SpawnFailed` (with the errno), `InvalidArgument`,
   * `LimitExceeded`, `InvalidToken`, `BrokerUnavailable`; the reason of `signal`.
   *
   * **Interruption**: aborted before the start, nothing runs; while it is being started, the promise rejects once nothing
   * is left running; later, the process group is ended, readers and writers reject with the reason, and `wait` gives the
   * status. After the exit the signal no longer matters, and nothing listens to it.
   *
   * **Gotchas**: `stdin`, `stdout`, `stderr` and `all` are there as far as the options' type says that they are piped.
   */
  spawn<
    Stdin extends Stdio = "pipe",
    Stdout extends Stdio = "pipe",
    Stderr extends Stdio = "pipe",
    const Ipc extends IpcOption | undefined = undefined
  >(
    command: string,
    options?: PromiseSpawnOptions<Stdin, Stdout, Stderr> & { readonly ipc?: Ipc }
  ): Promise<PromiseProcess<Piped<Stdin, Stdout, Stderr>> & PromiseMessagesOf<Ipc>>
  /**
   * Runs a process to its end and keeps its output. An exit code other than 0, a signal, a timeout and a cancellation
   * (`cancelSignal`) are results, not errors, unless `check` says so.
   *
   * **Errors**: those of `spawn`; what `onLine` throws or rejects with; `RunFailed` with `check: true`.
   *
   * **Interruption**: the process group is ended; the promise rejects with the reason of `signal` once it is gone.
   *
   * **Example** (a time limit is a result, an aborted signal is not)
   *
   * ```ts
   * import { Broker } from "@spawnbroker/broker"
   * import { connect } from "@spawnbroker/client/promise"
   * import { ManagedRuntime } from "effect"
   *
   * const host = ManagedRuntime.make(Broker.layer())
   * const broker = await host.runPromise(Broker)
   * const token = await host.runPromise(broker.mint({ subject: "example", commands: [{ command: "sleep", args: true }] }))
   * const client = await connect(await host.runPromise(broker.openPort()), token)
   *
   * const { timedOut, exit } = await client.run("sleep", { args: ["60"], timeout: 50 })
   * timedOut // => true
   * exit // => { _tag: "Signaled", signal: "SIGTERM" }
   *
   * const signal = AbortSignal.timeout(50)
   * await client.run("sleep", { args: ["60"], signal }).catch((reason) => reason.name) // => "TimeoutError"
   *
   * await client.close()
   * await host.dispose()
   * ```
   */
  run(command: string, options?: PromiseRunOptions): Promise<RunResult>
  /**
   * A handle on a process that is there already: one's own, or one that the policy lets this client observe. First comes
   * what the broker has kept of its output, then what follows, without a gap and without a repeat.
   *
   * `release` gives up the handle, not the process. **Errors**: `ProcessNotFound`.
   */
  attach(id: string, options?: PromiseAttachOptions): Promise<PromiseProcess>
  /**
   * Starts a process in the background: a line of the default shell, if the policy has `shell`, or a command and its
   * arguments as an array, without one. It ends with the connection, unless the policy's `disconnect` says otherwise.
   */
  start(line: BackgroundCommand, options?: StartOptions): Promise<ProcessId>
  /** What a process has put out since this client last asked, as far as it is kept. **Errors**: `ProcessNotFound`. */
  readOutput(id: string): Promise<BufferedOutput>
  /** The shell that reads the lines of `start` and of the option `shell`. At first `sh -c`. */
  defaultShell(): Promise<Shell>
  /** Sets it for this client; `null` restores `sh -c`. **Errors**: `PermissionDenied` where the policy has no `shell`. */
  setDefaultShell(shell: Shell | null): Promise<void>
  /**
   * Starts processes of which each reads what the one before it writes, through a pipe of the kernel. All of them, or none.
   *
   * **Errors**: those of `spawn`; `PermissionDenied`, `NotFound` and `SpawnFailed` have the stage (`stage`, from 0 on).
   * **Interruption**: as for `spawn`, of all stages.
   */
  pipeline(stages: ReadonlyArray<Stage>, options?: PromisePipelineOptions): Promise<PromisePipeline>
  /**
   * Runs a pipeline to its end: keeps what its last stage puts out, and of each other one what does not go to the next.
   *
   * **Errors** and **Interruption**: as for `run`.
   */
  runPipeline(stages: ReadonlyArray<Stage>, options?: PromiseRunPipelineOptions): Promise<PipelineResult>
  /** Named processes that the broker keeps running, where the policy has `daemons`. */
  readonly daemons: PromiseDaemons
  /** The host's own stdin, stdout and stderr, where the policy has `stdio: { inherit: true }`. */
  readonly hostStdio: PromiseHostStdio
  /** The processes that the policy lets this client see, running and recently ended, oldest first. */
  list(): Promise<ReadonlyArray<ProcessInfo>>
  /** What those of them use now that run, each with its descendants. Looked at once a second at most. */
  usage(): Promise<UsageSample>
  /** One of them. **Errors**: `ProcessNotFound`. */
  get(id: string): Promise<ProcessInfo>
  /**
   * Sends a signal to the group of a process that the policy lets this client signal.
   *
   * **Errors**: `ProcessNotFound`, also for a PID that is not the broker's; `AlreadyExited`.
   */
  kill(target: Target, signal?: Signal | KillOptions): Promise<void>
  /**
   * Ends a process that the policy lets this client signal, and its group: its `stop` steps, or those given here, then
   * SIGKILL. Resolves once the group is gone; at once for a process that has exited.
   *
   * **Errors**: `ProcessNotFound`; `InvalidArgument` for steps that are none.
   */
  stop(target: Target, options?: StopOptions): Promise<ExitStatus>
  /**
   * What `spawn` would be answered now, with the same options: allowed or denied, by which rule of whose policy, and what
   * would run. Nothing is started.
   */
  explain(command: string, options?: PromiseExplainOptions): Promise<Explanation>
  /**
   * A token for somebody who may do less: what is done with it must be allowed by the given policy and by this client's own.
   * It ends with this client's token, if not before; not with this connection.
   *
   * **Errors**: `InvalidArgument` for a policy that is wrong, with the place of the mistake; `LimitExceeded`.
   */
  attenuate(policy: Policy): Promise<string>
  /**
   * Ends a token that was derived from this client's, and what was derived from that one: their sessions, and with `kill`
   * their processes. **Errors**: `InvalidToken` for any other token.
   */
  revoke(token: string, options?: RevokeOptions): Promise<void>
  /** Ends its processes, all at once, waits until they are gone, and disconnects. Never rejects. */
  close(): Promise<void>
}
