/**
 * How a process is ended: what is tried in turn, each for a while, before SIGKILL.
 */
import * as Schema from "effect/Schema"
import { Milliseconds } from "./Milliseconds.ts"
import { Signal } from "./Signal.ts"

/** Sends a signal to the group, and waits so long at most for it to be gone. */
const SignalStep = Schema.TaggedStruct("Signal", { signal: Signal, forMs: Milliseconds })

/**
 * Ends the input of the process, and waits so long at most for its group to be gone. Passed over where the broker does
 * not hold the other end of its stdin.
 */
const CloseStdinStep = Schema.TaggedStruct("CloseStdin", { forMs: Milliseconds })

export const StopStep = Schema.Union([SignalStep, CloseStdinStep])
export type StopStep = typeof StopStep.Type

/** Steps that one sequence may have. More would serve nobody, and cost the broker memory. */
const MAX_STEPS = 10

/** None: SIGKILL at once. */
export const StopSteps = Schema.Array(StopStep).check(Schema.isMaxLength(MAX_STEPS))
export type StopSteps = typeof StopSteps.Type
