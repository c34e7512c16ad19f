import { InvalidArgument, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { SpawnOptions } from "../options.ts"
import type { Keep } from "./KeptOutput.ts"
import type { Line } from "./Lines.ts"
import type { RunFailed } from "./RunFailed.ts"

/**
 * How a process is run to its end. `E` and `R` are what `onLine` may fail with and needs; `Check` is whether `check` is
 * set, as far as that is known.
 */
export interface RunOptions<E = never, R = never, Check extends boolean = false> extends Omit<
  SpawnOptions,
  "stdin" | "unread" | "windowBytes" | "chunks" | "ipc"
> {
  /** What the process reads. Absent: nothing (`/dev/null`). */
  readonly stdin?: string | Uint8Array | Stream.Stream<Uint8Array | string, ProcessError> | undefined
  /**
   * Called with each line as it comes, without its end, one at a time, in order. The last line of a stream needs no end.
   *
   * A slow callback holds the process back (its pipe is full), and nothing is lost. One that fails ends the process, and
   * is the error of the run. The result has the output all the same, as far as `maxOutputBytes` allows.
   *
   * **Errors**: `LimitExceeded` for a line longer than 16 MiB; `Io` with `EILSEQ` under `invalidUtf8: "fail"`.
   */
  readonly onLine?: ((line: Line) => Effect.Effect<unknown, E, R>) | undefined
  /**
   * Cancels the run when it completes: the process group gets its `stop` steps, then SIGKILL, and the result
   * says `cancelled: true`. If it completes before the start, the process is ended as soon as it has started.
   *
   * The result comes one second after the exit at the latest: output of those that outlive the process, and a callback that
   * does not return, are not waited for any longer.
   */
  readonly cancel?: Effect.Effect<unknown> | undefined
  /**
   * Bytes of each stream that are kept. What is more is read and thrown away, and the result says how much (`omittedBytes`).
   * @default 16 MiB
   */
  readonly maxOutputBytes?: number | undefined
  /**
   * Which end of a stream is kept where it has more than `maxOutputBytes`.
   * @default "head"
   */
  readonly keep?: Keep | undefined
  /**
   * Whether anything but a success is the error {@link RunFailed}.
   * @default false
   */
  readonly check?: Check | undefined
}

/** How a run may fail. */
export type RunError<E, Check extends boolean> = ProcessError | E | (Check extends true ? RunFailed : never)

const mistakes: { readonly [K in keyof RunOptions]?: readonly [isRight: (value: unknown) => boolean, right: string] } =
  {
    onLine: [(value) => typeof value === "function", "a function is expected"],
    cancel: [Effect.isEffect, "an Effect is expected"],
    maxOutputBytes: [
      (value) => Number.isSafeInteger(value) && Number(value) >= 0,
      "a whole number of bytes is expected"
    ],
    keep: [(value) => value === "head" || value === "tail", `"head" or "tail" is expected`],
    check: [(value) => typeof value === "boolean", "true or false is expected"]
  }

/** What is wrong with those options that are about the run alone, if anything is. */
export const findMistake = (options: RunOptions<any, any, boolean>): InvalidArgument | undefined => {
  for (const [name, [isRight, problem]] of Object.entries(mistakes)) {
    const value: unknown = options[name as keyof RunOptions]
    if (value !== undefined && !isRight(value)) return new InvalidArgument({ argument: name, problem })
  }
  return undefined
}

/** The options that are about the process, which are the broker's to look at. */
export const spawnOptionsOf = (options: RunOptions<any, any, boolean>): SpawnOptions => {
  const { onLine: _onLine, cancel: _cancel, maxOutputBytes: _max, keep: _keep, check: _check, stdin, ...same } = options
  return { ...same, stdin: stdin === undefined ? "ignore" : "pipe" }
}
