import type {
  ExitStatus,
  LifecycleEvent,
  Pid,
  ProcessId,
  ProcessInfo,
  ProcessStatus,
  Signal,
  StreamOffsets,
  Transform
} from "@spawnbroker/protocol"
import type { StopOptions } from "../operations/stop.ts"
import type { StreamName } from "../options.ts"
import type { KillOptions } from "../operations/kill.ts"
import type { ProcessInput } from "./ProcessInput.ts"
import type { ProcessOutput } from "./ProcessOutput.ts"

/**
 * A process that this client has started.
 *
 * It is the client's until `release`, which `await using` calls: then its process group is ended, and waited for.
 * Closing the client releases all. A process that has exited also wants to be released: its unread output is kept until
 * then.
 *
 * `Piped` names the streams that lead to this client. JavaScript finds the others all the same; they reject with
 * `InvalidArgument`.
 */
export type PromiseProcess<Piped extends StreamName = StreamName> = PromiseProcessCore &
  ("stdin" extends Piped ? PromiseProcessStdin : unknown) &
  ("stdout" extends Piped ? PromiseProcessStdout : unknown) &
  ("stderr" extends Piped ? PromiseProcessStderr : unknown) &
  ([Exclude<Piped, "stdin">] extends [never] ? unknown : PromiseProcessAll)

export interface PromiseProcessStdin {
  readonly stdin: ProcessInput
}

export interface PromiseProcessStdout {
  readonly stdout: ProcessOutput
}

export interface PromiseProcessStderr {
  readonly stderr: ProcessOutput
}

/** While stdout or stderr is piped. */
export interface PromiseProcessAll {
  /** Both, in the order in which they arrived. It reads both, so neither can be read beside it. */
  readonly all: ProcessOutput
}

/** What every process has, whatever its streams are connected to. */
export interface PromiseProcessCore extends AsyncDisposable {
  readonly id: ProcessId
  readonly pid: Pid
  /** What the broker knew of it when it had started. */
  readonly info: ProcessInfo
  /** A descriptor that the process reads, by its number (option `additionalFds`); 0 is stdin. */
  input(fd: number): ProcessInput
  /** A descriptor that it writes, by its number; 1 is stdout, 2 is stderr. */
  output(fd: number): ProcessOutput
  /** What a transform has made of stdout, or of stderr, value by value, each decoded by its schema. */
  results<Value>(transform: Transform<Value>, stream?: "stdout" | "stderr"): AsyncIterable<Value>
  /** Every fact of its life from the first to `Closed`, for each loop anew. */
  readonly lifecycle: AsyncIterable<LifecycleEvent>
  /**
   * How it ended, once it has. A code other than 0 and a signal are results, not errors.
   *
   * Output that nobody reads meanwhile does not keep it from ending: its oldest bytes are dropped (see `unread`).
   *
   * **Errors**: `BrokerUnavailable`, `InvalidToken` where the connection or the token ends first.
   */
  wait(): Promise<ExitStatus>
  /** Whether it runs, and for how long it has, asked of the broker now. */
  status(): Promise<ProcessStatus>
  /**
   * Sends a signal to its process group. Resolves once it is sent; `wait` tells when it has worked.
   *
   * **Errors**: `AlreadyExited`; `InvalidArgument` for what is no signal.
   *
   * @default "SIGTERM"
   */
  kill(signal?: Signal | KillOptions): Promise<void>
  /**
   * Up to where `stdout` and `stderr` have handed out what came, in bytes from the start of the process:
   * `client.attach(id, { from: proc.offsets() })` goes on from there after a lost connection, without a gap and without a
   * repeat. Of a loop over lines, what there was of the last one comes again, whole. What `all` has taken counts as handed out.
   */
  offsets(): StreamOffsets
  /** Bytes that `attach` was asked for and the broker no longer keeps. */
  readonly gone: StreamOffsets
  /**
   * Lets it outlive `release` and `signal`. It is the connection's then: when that ends, the policy's `disconnect` says
   * whether it ends, too. `client.attach` gives another handle on it.
   */
  detach(): Promise<void>
  /**
   * Ends it and its process group: its `stop` steps, or those given here, then SIGKILL. Resolves once the group is gone; at
   * once for a process that has exited. What it has put out can still be read.
   *
   * **Errors**: `InvalidArgument` for steps that are none; `Unsupported` for `tree` on a system without /proc.
   */
  stop(options?: StopOptions): Promise<ExitStatus>
  /**
   * Ends it and its process group, if it still runs: its `stop` steps, then SIGKILL. Resolves once they are gone, and never
   * rejects. What has not been read by then is given up, and whoever reads or writes hears of it at once.
   */
  release(): Promise<void>
}
