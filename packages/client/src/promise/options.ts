import { InvalidArgument, type ProcessError, type Stdio } from "@spawnbroker/protocol"
import * as Stream from "effect/Stream"
import type { RunOptions } from "../operations/run.ts"
import type { SpawnOptions } from "../options.ts"

interface Cancellable {
  /** @default [] */
  readonly args?: ReadonlyArray<string> | undefined
  /**
   * Ends the process when it is aborted: its group gets `killSignal`, then SIGKILL after `forceKillAfter`. Before the start
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
  extends SpawnOptions<Stdin, Stdout, Stderr>, Cancellable {}

/** How a process is run to its end. */
export interface PromiseRunOptions extends Omit<RunOptions, "stdin">, Cancellable {
  /** What the process reads. Absent: nothing (`/dev/null`). If it throws, `run` ends the process and rejects with that. */
  readonly stdin?:
    | string
    | Uint8Array
    | AsyncIterable<Uint8Array | string>
    | ReadableStream<Uint8Array | string>
    | undefined
}

/** The options of the other face. */
export const toRunOptions = ({ stdin, ...same }: Omit<PromiseRunOptions, keyof Cancellable>): RunOptions => ({
  ...same,
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

/** Nothing is begun for a caller that has given up already. Rejects with its reason. */
export const checkSignal = (signal: AbortSignal | undefined): void => {
  if (signal === undefined || signal instanceof AbortSignal) return signal?.throwIfAborted()
  throw new InvalidArgument({ argument: "signal", problem: "an AbortSignal is expected; to send a signal, use `kill`" })
}
