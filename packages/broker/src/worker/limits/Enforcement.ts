import type { ExceededLimit } from "@spawnbroker/protocol"
import type { ProcessIdentity } from "../../child/process-tree.ts"
import type { Confined } from "../confine/Confinement.ts"
import { InputBudget } from "./InputBudget.ts"
import { LongTimer } from "./LongTimer.ts"
import { OutputBudget } from "./OutputBudget.ts"

/** Bytes that may go through the streams of a process. Absent: any number. */
export interface StreamBudgets {
  readonly input: InputBudget | undefined
  readonly output: OutputBudget | undefined
}

export interface ExcessListener {
  /** The process has gone over one of its limits. */
  readonly process: (limit: ExceededLimit) => void
  /** It and its descendants have. Told for as long as it is so. `strays`: those of them out of its process group. */
  readonly tree: (limit: ExceededLimit, strays: ReadonlyArray<ProcessIdentity>) => void
}

/** The limits of one process, while it runs. */
export class Enforcement {
  readonly budgets: StreamBudgets
  readonly #confined: Confined
  readonly #listener: ExcessListener
  #wallTime: LongTimer | undefined

  constructor(confined: Confined, listener: ExcessListener) {
    const { outputBytes, stdinBytes } = confined.limits
    this.#confined = confined
    this.#listener = listener
    this.budgets = {
      output:
        outputBytes === undefined ? undefined : new OutputBudget(outputBytes, () => listener.process("outputBytes")),
      input: stdinBytes === undefined ? undefined : new InputBudget(stdinBytes)
    }
  }

  started(pid: number): void {
    const { wallTimeMs } = this.#confined.limits
    if (wallTimeMs !== undefined) this.#wallTime = new LongTimer(wallTimeMs, () => this.#listener.process("wallTime"))
    this.#confined.watch?.(pid, this.#listener.tree)
  }

  /** Those who have outlived it are still looked after. */
  exited(): void {
    this.#wallTime?.stop()
  }
}
