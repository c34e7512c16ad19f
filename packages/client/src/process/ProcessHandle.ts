import type {
  ExitStatus,
  LifecycleEvent,
  Pid,
  ProcessError,
  ProcessId,
  ProcessInfo,
  ProcessStatus,
  StreamOffsets,
  Transform
} from "@spawnbroker/protocol"
import type * as Effect from "effect/Effect"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { KillOptions } from "../operations/kill.ts"
import type { StopOptions } from "../operations/stop.ts"
import type { StreamName } from "../options.ts"

/**
 * A process that this client has started.
 *
 * It belongs to the scope in which it was spawned: when that closes, the process group is ended, and waited for.
 *
 * `Piped` names the streams that lead to this client; of the others there are no members. Whoever needs one stream only
 * asks for no more: `(process: ProcessHandle<"stdout">) => …` also takes a handle that has all three. JavaScript finds
 * the members of a stream that is not piped all the same; each fails with `InvalidArgument`.
 */
export type ProcessHandle<Piped extends StreamName = StreamName> = ProcessCore &
  ("stdin" extends Piped ? ProcessStdin : unknown) &
  ("stdout" extends Piped ? ProcessStdout : unknown) &
  ("stderr" extends Piped ? ProcessStderr : unknown) &
  ([Exclude<Piped, "stdin">] extends [never] ? unknown : ProcessAll)

/** What a handle has of stdout. */
export interface ProcessStdout {
  /**
   * Output as it comes, in chunks. Lazy and back-pressured: a reader that stops, stops the child once the window is full.
   *
   * One reader at a time; a second one fails with `InvalidArgument`. Fails with `BrokerUnavailable` or `InvalidToken` where
   * the connection or the token ends first.
   */
  readonly stdout: Stream.Stream<Uint8Array, ProcessError>
  /** Lines without their ends (`\n`, `\r\n`); invalid UTF-8 becomes U+FFFD, or fails (`invalidUtf8`). The last line needs no end. */
  readonly stdoutLines: Stream.Stream<string, ProcessError>
  /**
   * The next bytes of stdout: at least one, at most `maxBytes` (65,536 unless said); none at its end.
   *
   * Whoever reads so reads from where the last reader stopped. **Interruption**: nothing is taken.
   */
  readonly read: (maxBytes?: number) => Effect.Effect<Uint8Array, ProcessError>
  /** The next line of stdout with its `\n`; the last one may have none; `""` at the end. */
  readonly readLine: Effect.Effect<string, ProcessError>
}

/** What a handle has of stderr: the same as of stdout. */
export interface ProcessStderr {
  readonly stderr: Stream.Stream<Uint8Array, ProcessError>
  readonly stderrLines: Stream.Stream<string, ProcessError>
  readonly readError: (maxBytes?: number) => Effect.Effect<Uint8Array, ProcessError>
}

/** What a handle has while stdout or stderr is piped. */
export interface ProcessAll {
  /** Both, in the order in which they arrived. It reads both, so neither can be read beside it. */
  readonly all: Stream.Stream<Uint8Array, ProcessError>
}

/** What a handle has of stdin. */
export interface ProcessStdin {
  /** Writes all it is given, then closes stdin. Text is written as UTF-8. */
  readonly stdin: Sink.Sink<void, Uint8Array | string, never, ProcessError>
  /**
   * Writes to stdin, and answers how many bytes were accepted: all of them, once the broker has room for the last.
   *
   * **Errors**: `Io` with `EPIPE` if the process reads no more, `AlreadyExited`, `InvalidArgument` if stdin is closed or not
   * piped. **Interruption**: what was accepted before is written.
   */
  readonly write: (data: Uint8Array | string) => Effect.Effect<number, ProcessError>
  /** End of input, after what has been written. */
  readonly closeStdin: Effect.Effect<void, ProcessError>
}

/** What every handle has, whatever its streams are connected to. */
export interface ProcessCore {
  readonly id: ProcessId
  readonly pid: Pid
  /** What the broker knew of it when it had started. */
  readonly info: ProcessInfo
  /** Writes all it is given to an additional descriptor (`additionalFds`), then closes it as far as it is an input. */
  readonly getInputFd: (fd: number) => Sink.Sink<void, Uint8Array | string, never, ProcessError>
  /**
   * What a transform has made of stdout (or of stderr), value by value, each decoded by the transform's schema. It reads the
   * stream, so nothing else can beside it.
   *
   * **Errors**: `TransformFailed` once all has come that it had made; `InvalidArgument` for a result that does not fit the
   * schema; those of `stdout`.
   */
  readonly results: <Value>(
    transform: Transform<Value>,
    stream?: "stdout" | "stderr"
  ) => Stream.Stream<Value, ProcessError>
  /** What comes out of an additional descriptor. One reader at a time, as for stdout. */
  readonly getOutputFd: (fd: number) => Stream.Stream<Uint8Array, ProcessError>
  /** As `write`, to an additional descriptor. **Errors**: the same; those of `Io` name it `fd3` and so on. */
  readonly writeFd: (fd: number, data: Uint8Array | string) => Effect.Effect<number, ProcessError>
  /** End of input on an additional descriptor, after what has been written. What comes out of a duplex one still comes. */
  readonly closeFd: (fd: number) => Effect.Effect<void, ProcessError>
  /** Every fact of its life from the first to `Closed`, for each subscriber. */
  readonly lifecycle: Stream.Stream<LifecycleEvent, ProcessError>
  /**
   * How it ended, once it has. A stream that nobody reads meanwhile does not keep it from ending: its oldest bytes are
   * dropped (see `unread`).
   */
  readonly exit: Effect.Effect<ExitStatus, ProcessError>
  /** Whether it runs, and for how long it has, asked of the broker now. */
  readonly status: Effect.Effect<ProcessStatus, ProcessError>
  /**
   * Sends a signal to its process group. Done once it is sent; `exit` tells when it has worked, or `wait`.
   *
   * **Errors**: `AlreadyExited`, if it has exited and nobody of its group is left.
   */
  readonly kill: (options?: KillOptions) => Effect.Effect<void, ProcessError>
  /**
   * Ends it and its process group: its `stop` steps, or those given here, then SIGKILL. Resolves once the group is gone;
   * at once for a process that has exited. A stream that nobody reads meanwhile does not keep it from ending.
   *
   * Where it is being ended already that goes on, and SIGKILL comes at the earlier of the two times.
   *
   * **Errors**: `InvalidArgument` for steps that are none; `Unsupported` for `tree` on a system without /proc.
   * **Interruption**: it is being ended all the same.
   */
  readonly stop: (options?: StopOptions) => Effect.Effect<ExitStatus, ProcessError>
  /**
   * Up to where its outputs have been read by this handle, in bytes from the start of the process. After a lost connection
   * `client.attach(id, { from: yield* proc.offsets })` goes on from there, without a gap and without a repeat.
   *
   * **Gotchas**: what a reader has taken counts, so ask once the readers are over: one that was interrupted may have had more
   * than it has used. Of lines, what was taken of the last one counts, too, and is not given again.
   */
  readonly offsets: Effect.Effect<StreamOffsets>
  /** Bytes that `attach` was asked for and the broker no longer keeps: those before what this handle begins with. */
  readonly gone: StreamOffsets
  /**
   * Lets it outlive the scope that made it. It is the connection's then: when that ends, the policy's `disconnect` says
   * whether it ends, too. `client.attach` gives another handle on it.
   */
  readonly detach: Effect.Effect<void, ProcessError>
  /**
   * The event loop of this thread need not wait for the process, nor for anything that comes of it, any more.
   *
   * **Platform**: Node. Whoever exits so ends the process, too: nothing outlives its broker.
   */
  readonly unref: Effect.Effect<void>
  /** The loop waits again: while the process runs, and while somebody reads or waits for what is still to come. */
  readonly ref: Effect.Effect<void>
}
