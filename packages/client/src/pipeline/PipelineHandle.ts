import type { ExitStatus, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { StopOptions } from "../operations/stop.ts"
import type { ProcessAll, ProcessHandle, ProcessStderr, ProcessStdin, ProcessStdout } from "../process/ProcessHandle.ts"
import { pipeStatus } from "./pipe-status.ts"
import type { KillOptions } from "../operations/kill.ts"

/**
 * Processes of which each reads what the one before it writes.
 *
 * `stdin`, `write` and `closeStdin` are those of the first stage; `stdout`, `stderr`, `all` and what goes with them those of
 * the last one. They belong to the scope in which they were started: when that closes all are ended, and waited for.
 */
export interface PipelineHandle extends ProcessStdin, ProcessStdout, ProcessStderr, ProcessAll {
  /**
   * Each stage as a process of its own, in order. A stream that is joined to another stage does not lead here: whoever reads
   * it or writes to it gets `InvalidArgument`.
   */
  readonly stages: ReadonlyArray<ProcessHandle>
  /** How each stage ended, in order, once all have. */
  readonly exits: Effect.Effect<ReadonlyArray<ExitStatus>, ProcessError>
  /**
   * How the last stage ended that was no success, or, if all were one, the last stage: the `pipefail` of shells. It waits for
   * all of them. A stage whose reader leaves early is no success: it ends by SIGPIPE, as in a shell.
   */
  readonly exit: Effect.Effect<ExitStatus, ProcessError>
  /**
   * Sends a signal to every stage that still runs, the first one first.
   *
   * **Errors**: `AlreadyExited` if none does.
   */
  readonly kill: (options?: KillOptions) => Effect.Effect<void, ProcessError>
  /**
   * Ends all stages and their groups, at the same time: each by its `stop` steps, or by those given here, then SIGKILL.
   * Resolves once they are gone, with how they ended.
   */
  readonly stop: (options?: StopOptions) => Effect.Effect<ReadonlyArray<ExitStatus>, ProcessError>
  /** Lets all stages outlive the scope. See `detach` of a process. */
  readonly detach: Effect.Effect<void, ProcessError>
}

export const makePipelineHandle = (stages: ReadonlyArray<ProcessHandle>): PipelineHandle => {
  const { stdin, write, closeStdin } = stages[0]!
  const { stdout, stdoutLines, read, readLine, stderr, stderrLines, readError, all } = stages.at(-1)!
  const exits = Effect.all(
    stages.map(({ exit }) => exit),
    { concurrency: "unbounded" }
  )
  return {
    stages,
    stdin,
    write,
    closeStdin,
    stdout,
    stdoutLines,
    read,
    readLine,
    stderr,
    stderrLines,
    readError,
    all,
    exits,
    exit: Effect.map(exits, pipeStatus),
    kill: (options) => killAll(stages, options),
    stop: (options) => Effect.forEach(stages, ({ stop }) => stop(options), { concurrency: "unbounded" }),
    detach: Effect.forEach(stages, ({ detach }) => detach, { discard: true })
  }
}

const killAll = (
  stages: ReadonlyArray<ProcessHandle>,
  options: KillOptions | undefined
): Effect.Effect<void, ProcessError> =>
  Effect.flatMap(
    Effect.forEach(
      stages,
      ({ kill }) =>
        kill(options).pipe(
          Effect.as(undefined),
          Effect.catchTag("AlreadyExited", (error) => Effect.succeed(error))
        ),
      { concurrency: "unbounded" }
    ),
    (refused) => {
      const last = refused.at(-1)
      return last !== undefined && !refused.includes(undefined) ? Effect.fail(last) : Effect.void
    }
  )
