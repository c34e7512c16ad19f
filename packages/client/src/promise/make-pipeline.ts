import type { PipelineHandle } from "../pipeline/PipelineHandle.ts"
import type { PipelineOptions, Stage } from "../pipeline/Stage.ts"
import { makeProcess, toKillOptions } from "./make-process.ts"
import type { Ownership } from "./Ownership.ts"
import type { PromisePipeline } from "./PromisePipeline.ts"
import { toPromise } from "./to-promise.ts"

/** The face of a pipeline. Its stages have one owner, so whoever releases one releases all. */
export const makePipeline = (
  handle: PipelineHandle,
  ownership: Ownership,
  stages: ReadonlyArray<Stage>,
  options: PipelineOptions
): PromisePipeline => {
  const processes = handle.stages.map((stage, index) =>
    makeProcess(stage, ownership, { invalidUtf8: stages[index]?.options?.invalidUtf8 ?? options.invalidUtf8 })
  )
  const { stdin } = processes[0]!
  const { stdout, stderr, all } = processes.at(-1)!
  return {
    stages: processes,
    stdin,
    stdout,
    stderr,
    all,
    wait: () => toPromise(handle.exit),
    waitAll: () => toPromise(handle.exits),
    kill: (signal) => toPromise(handle.kill(toKillOptions(signal))),
    stop: (steps) => toPromise(handle.stop(steps)),
    detach: () => toPromise(handle.detach),
    release: ownership.release,
    [Symbol.asyncDispose]: ownership.release
  }
}
