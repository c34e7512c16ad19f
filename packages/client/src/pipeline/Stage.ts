import type { SpawnOptions } from "../options.ts"

/** Which output of a stage feeds the next one. `all`: stdout and stderr, through one pipe, as `2>&1` does it. */
export type StageOutput = "stdout" | "stderr" | "all" | `fd${number}`

/** Where a stage reads what the one before it writes. */
export type StageInput = "stdin" | `fd${number}`

/** One command of a pipeline. */
export interface Stage {
  readonly command: string
  /** @default [] */
  readonly args?: ReadonlyArray<string> | undefined
  /**
   * As for `spawn`. They win over the options of the whole pipeline.
   *
   * A stream that is joined to another stage can be neither `inherit` nor `ignore`. `idleTimeout` is for stages whose stdout
   * and stderr come here: of what goes to the next stage the broker sees no byte.
   */
  readonly options?: SpawnOptions | undefined
  /** Not for the last stage. @default "stdout" */
  readonly from?: StageOutput | undefined
  /** Not for the first stage. @default "stdin" */
  readonly to?: StageInput | undefined
}

/** Options of every stage at once. */
export type PipelineOptions = Omit<
  SpawnOptions,
  "stdin" | "stdout" | "stderr" | "additionalFds" | "ipc" | "idleTimeout" | "shell"
>
