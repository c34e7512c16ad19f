import { InvalidArgument, type ProcessError, type Stdio } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AttachOptions } from "../operations/attach.ts"
import type { SpawnOptions } from "../options.ts"
import type { PipelineOptions } from "../pipeline/Stage.ts"
import type { Line } from "../run/Lines.ts"
import type { RunOptions } from "../run/RunOptions.ts"

interface Cancellable {
  /** @default [] */
  readonly args?: ReadonlyArray<string> | undefined
  /**
   * Ends the process when it is aborted: its `stop` steps, then SIGKILL. Before the start
   * nothing is run.
   */
  readonly signal?: AbortSignal | undefined
}

/** How a process is run. Durations are milliseconds, or text such as "5 seconds". */
export interface PromiseSpawnOptions<
  Stdin extends Stdio = Stdio,
  Stdout extends Stdio = Stdio,
  Stderr extends Stdio = Stdio
>
  extends Omit<SpawnOptions<Stdin, Stdout, Stderr>, "chunks">, Cancellable {}

/** What a spawn would have, of which nothing is started. */
export interface PromiseExplainOptions extends Omit<PromiseSpawnOptions, "signal"> {}

/** How a process is run to its end. */
export interface PromiseRunOptions
  extends Omit<RunOptions<never, never, boolean>, "stdin" | "onLine" | "cancel">, Cancellable {
  /** What the process reads. Absent: nothing (`/dev/null`). If it throws, `run` ends the process and rejects with that. */
  readonly stdin?:
    | string
    | Uint8Array
    | AsyncIterable<Uint8Array | string>
    | ReadableStream<Uint8Array | string>
    | undefined
  /**
   * Called with each line as it comes, without its end, one at a time, in order; the next one once its promise is
   * fulfilled. The last line of a stream needs no end.
   *
   * A slow callback holds the process back (its pipe is full), and nothing is lost. If it throws or rejects, `run` ends the
   * process and rejects with that. A line longer than 16 MiB is `LimitExceeded`.
   */
  readonly onLine?: ((line: Line) => void | Promise<void>) | undefined
  /**
   * Cancels the run when it is aborted: the process group gets its `stop` steps, then SIGKILL, and the result
   * says `cancelled: true`. (Where `signal` is aborted instead, `run` rejects, and there is no result.) If it is aborted
   * already, the process is ended as soon as it has started.
   */
  readonly cancelSignal?: AbortSignal | undefined
}

/** How a process that is there already is looked at. */
export interface PromiseAttachOptions extends Omit<AttachOptions, "chunks"> {}

/** How a pipeline is run. `signal` ends all of it. */
export interface PromisePipelineOptions extends Omit<PipelineOptions, "chunks">, Pick<Cancellable, "signal"> {}

/** How a pipeline is run to its end. */
export interface PromiseRunPipelineOptions
  extends
    Omit<PipelineOptions, "unread" | "windowBytes" | "chunks">,
    Pick<PromiseRunOptions, "signal" | "stdin" | "onLine" | "cancelSignal" | "maxOutputBytes" | "keep" | "check"> {}

/** The options of the other face. */
export const toRunOptions = ({
  stdin,
  onLine,
  cancelSignal,
  ...same
}: Omit<PromiseRunOptions, keyof Cancellable>): RunOptions<never, never, boolean> => ({
  ...same,
  onLine: typeof onLine === "function" ? toCallback(onLine) : onLine,
  cancel: cancelSignal && untilAborted(cancelSignal),
  stdin: stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array ? stdin : toStream(stdin)
})

/** What the caller's input throws is not ours to name, so it goes through as it is. */
const toStream = (
  input: AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array | string>
): Stream.Stream<Uint8Array | string, ProcessError> =>
  Stream.orDie(
    "getReader" in input
      ? Stream.fromReadableStream({ evaluate: () => input, onError: (error) => error })
      : Stream.fromAsyncIterable(input, (error) => error)
  )

/** What the caller's callback throws is not ours to name, either. */
const toCallback =
  (onLine: (line: Line) => void | Promise<void>) =>
  (line: Line): Effect.Effect<void> => {
    const promise = onLine(line)
    return promise === undefined ? Effect.void : Effect.promise(() => promise)
  }

const untilAborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const abort = (): void => resume(Effect.void)
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

/** Here what a reader has taken is left to the next, so no chunk can be borrowed. Options come as JavaScript gives them. */
export const checkOwnsChunks = (...all: ReadonlyArray<unknown>): void => {
  const chunks = all.map((options) => (options as { readonly chunks?: unknown } | null | undefined)?.chunks)
  if (chunks.every((each) => each === undefined || each === "own")) return
  throw new InvalidArgument({
    argument: "chunks",
    problem: "chunks are always yours to keep here; to borrow them, use the client of `@spawnbroker/client`"
  })
}

/** Nothing is begun for a caller that has given up already. Rejects with its reason. */
export const checkSignal = (signal: AbortSignal | undefined): void => {
  checkIsSignal("signal", signal)
  signal?.throwIfAborted()
}

export const checkIsSignal = (name: string, signal: unknown): void => {
  if (signal === undefined || signal instanceof AbortSignal) return
  throw new InvalidArgument({ argument: name, problem: "an AbortSignal is expected; to send a signal, use `kill`" })
}
