/** One stream's transform, step after step. Two ways: its state stays in a thread, or goes along with each step. */
import type { PoolAnswer, StepInput, TransformOptions } from "../../link/pool-messages.ts"
import type { BuiltInName } from "@spawnbroker/protocol"
import type { Pool } from "./Pool.ts"

export type Stepped = Extract<PoolAnswer, { readonly _tag: "Stepped" }>

export interface Stepper {
  /** Its buffer is gone until the answer. Fails with `SeatEnded`. */
  readonly step: (input: StepInput) => Promise<Stepped>
  /** Once, when no step follows. */
  readonly close: () => void
}

export const builtInStepper = (
  pool: Pool,
  stream: number,
  builtIn: BuiltInName,
  options: TransformOptions,
  limitMs: number,
  over: () => void
): Stepper => {
  const place = pool.openSteady()
  return {
    step: (input) =>
      place.do({ _tag: "Step", stream, builtIn, options, input }, limitMs, [input.room.buffer]).then(asStepped),
    close: () => {
      place.leave(stream)
      over()
    }
  }
}

export const ownStepper = (
  pool: Pool,
  module: string,
  options: TransformOptions,
  limitMs: number,
  over: () => void
): Stepper => {
  let state: Uint8Array<ArrayBuffer> | undefined
  return {
    step: async (input) => {
      const transfer = [input.room.buffer, ...(state === undefined ? [] : [state.buffer])]
      const stepped = asStepped(await pool.do({ _tag: "OwnStep", module, options, state, input }, limitMs, transfer))
      state = stepped.state
      return stepped
    },
    close: over
  }
}

const asStepped = (answer: PoolAnswer): Stepped => {
  if (answer._tag === "Stepped") return answer
  throw new Error(
    answer._tag === "Failed" ? answer.failure.problem : "a thread of the pool has answered something else"
  )
}
