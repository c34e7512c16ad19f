import { type ExceededLimit, type ExitStatus, isSuccess, type KilledBy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { KeptBytes, OmittedBytes } from "./KeptOutput.ts"
import { reportRun } from "./report-run.ts"
import { RunFailed } from "./RunFailed.ts"

/** What is known of a run once it is over. */
export interface RunFacts extends KeptBytes {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly exit: ExitStatus
  readonly timedOut: boolean
  readonly cancelled: boolean
  readonly killedBy?: KilledBy | undefined
  readonly limit?: ExceededLimit | undefined
  readonly stoppedAfterMs?: number | undefined
  readonly durationMs: number
}

/** What a process has left behind: how it ended, what it said, how long it took. */
export class RunResult implements RunFacts {
  /** What was run; of a line of shell, the shell, and how it was called. */
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly exit: ExitStatus
  /** Output as bytes, as far as it was kept; the properties without `Bytes` are the same as text. */
  readonly stdoutBytes: Uint8Array
  readonly stderrBytes: Uint8Array
  /** Both streams, in the order in which their chunks arrived. If only one was used, these are its bytes, not a copy. */
  readonly allBytes: Uint8Array
  /** How many bytes of each stream were not kept, since there were more than `maxOutputBytes`. */
  readonly omittedBytes: OmittedBytes
  /** Whether its `timeout` or `idleTimeout` ended it. */
  readonly timedOut: boolean
  /** Whether `cancel` came before its end. */
  readonly cancelled: boolean
  /** Who ended it, where somebody did. Absent for a process that ended by itself, or by somebody who is not ours. */
  readonly killedBy: KilledBy | undefined
  /** The limit of its policy that it has exceeded, for which it was ended unless it had ended by then: `outputBytes`, … */
  readonly limit: ExceededLimit | undefined
  /** From the start to the moment at which its time was up, or it was cancelled. It may have taken longer to end. */
  readonly stoppedAfterMs: number | undefined
  /** From the request to the last byte. */
  readonly durationMs: number

  constructor(facts: RunFacts) {
    this.command = facts.command
    this.args = facts.args
    this.exit = facts.exit
    this.stdoutBytes = facts.stdoutBytes
    this.stderrBytes = facts.stderrBytes
    this.allBytes = facts.allBytes
    this.omittedBytes = facts.omittedBytes
    this.timedOut = facts.timedOut
    this.cancelled = facts.cancelled
    this.killedBy = facts.killedBy
    this.limit = facts.limit
    this.stoppedAfterMs = facts.stoppedAfterMs
    this.durationMs = facts.durationMs
  }

  /** Itself if it is a success, or the error {@link RunFailed}: `client.run(…).pipe(Effect.flatMap(RunResult.successOrFail))`. */
  static successOrFail(result: RunResult): Effect.Effect<RunResult, RunFailed> {
    return result.failed ? Effect.fail(new RunFailed({ result })) : Effect.succeed(result)
  }

  /** Whether it was anything but a success: an exit code other than 0, a signal, timed out, cancelled, over a limit. */
  get failed(): boolean {
    return !isSuccess(this.exit) || this.timedOut || this.cancelled || this.limit !== undefined
  }

  /** Whether there was more output than was kept. */
  get truncated(): boolean {
    return this.omittedBytes.stdout > 0 || this.omittedBytes.stderr > 0
  }

  /** Decoded as UTF-8, each invalid byte as U+FFFD. */
  get stdout(): string {
    return decoder.decode(this.stdoutBytes)
  }
  get stderr(): string {
    return decoder.decode(this.stderrBytes)
  }
  get all(): string {
    return decoder.decode(this.allBytes)
  }

  /**
   * What a person wants to know of it: a summary of one line, the last lines of stderr, and a hint where there is one.
   *
   * **Shape**: at most some 30 lines and 8 KiB, with nothing in them that a terminal obeys.
   */
  get report(): string {
    return reportRun(this)
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
