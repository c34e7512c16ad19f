import type { ExitStatus } from "@spawnbroker/protocol"
import { RunResult } from "../run/RunResult.ts"
import { pipeStatus } from "./pipe-status.ts"

/**
 * What a pipeline has left behind: the result of its last stage, and those of all of them.
 *
 * `exit` is that of the whole pipeline (`pipefail`), `timedOut`, `cancelled` and `failed` say whether it is true of any stage,
 * and `report` is about the stages that failed.
 */
export class PipelineResult extends RunResult {
  /**
   * Each stage with what it had to say beside what went to the next one, in order: its `stderr`, its `exit`, its `report`. What
   * went to the next stage is not here.
   */
  readonly stages: ReadonlyArray<RunResult>

  constructor(stages: ReadonlyArray<RunResult>) {
    const last = stages.at(-1)!
    const stopped = stages.find(({ timedOut, cancelled }) => timedOut || cancelled)
    super({
      command: last.command,
      args: last.args,
      stdoutBytes: last.stdoutBytes,
      stderrBytes: last.stderrBytes,
      allBytes: last.allBytes,
      omittedBytes: last.omittedBytes,
      exit: pipeStatus(stages.map(({ exit }) => exit)),
      timedOut: stages.some(({ timedOut }) => timedOut),
      cancelled: stages.some(({ cancelled }) => cancelled),
      killedBy: stages.findLast(({ killedBy }) => killedBy !== undefined)?.killedBy,
      limit: stages.findLast(({ limit }) => limit !== undefined)?.limit,
      stoppedAfterMs: stopped?.stoppedAfterMs,
      durationMs: Math.max(...stages.map(({ durationMs }) => durationMs))
    })
    this.stages = stages
  }

  /** How each stage ended, in order. */
  get exits(): ReadonlyArray<ExitStatus> {
    return this.stages.map(({ exit }) => exit)
  }

  override get report(): string {
    const failed = this.stages.filter((stage) => stage.failed)
    const shown = failed.length > 0 ? failed : this.stages.slice(-1)
    return shown.map(({ report }) => report).join("\n")
  }
}
