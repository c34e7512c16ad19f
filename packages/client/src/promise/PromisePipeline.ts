import type { ExitStatus, Signal } from "@spawnbroker/protocol"
import type { StopOptions } from "../operations/stop.ts"
import type { KillOptions } from "../operations/kill.ts"
import type { ProcessInput } from "./ProcessInput.ts"
import type { ProcessOutput } from "./ProcessOutput.ts"
import type { PromiseProcess } from "./PromiseProcess.ts"

/**
 * Processes of which each reads what the one before it writes. `stdin` is that of the first, the outputs are those of the
 * last.
 *
 * It is the client's until `release`, which `await using` calls.
 */
export interface PromisePipeline extends AsyncDisposable {
  /**
   * Each stage as a process of its own, in order. A stream that is joined to another stage does not lead here, and rejects with
   * `InvalidArgument`. To release one is to release all.
   */
  readonly stages: ReadonlyArray<PromiseProcess>
  readonly stdin: ProcessInput
  readonly stdout: ProcessOutput
  readonly stderr: ProcessOutput
  readonly all: ProcessOutput
  /** How the last stage ended that was no success, or, if all were one, the last stage, once all have. */
  wait(): Promise<ExitStatus>
  /** How each stage ended, in order, once all have. */
  waitAll(): Promise<ReadonlyArray<ExitStatus>>
  /** Sends a signal to every stage that still runs. **Errors**: `AlreadyExited` if none does. */
  kill(signal?: Signal | KillOptions): Promise<void>
  /** Ends all stages, at the same time, and resolves once they are gone. See `stop` of a process. */
  stop(options?: StopOptions): Promise<ReadonlyArray<ExitStatus>>
  /** Lets all stages outlive `release` and `signal`. See `detach` of a process. */
  detach(): Promise<void>
  /** Ends all stages that still run, and resolves once they are gone. Never rejects. */
  release(): Promise<void>
}
