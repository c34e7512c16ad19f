import * as Schema from "effect/Schema"
import { describeSignal, Signal } from "./Signal.ts"

/** The process called exit(3), or returned from main. `code` is 0 to 255. */
export const Exited = Schema.TaggedStruct("Exited", {
  code: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
})
export type Exited = typeof Exited.Type

/** The process was ended by a signal. */
export const Signaled = Schema.TaggedStruct("Signaled", { signal: Signal })
export type Signaled = typeof Signaled.Type

/**
 * How a process ended, as wait(2) tells it.
 *
 * A code other than 0 is a value, not an error: only the caller knows whether `grep` finding nothing is a failure.
 */
export const ExitStatus = Schema.Union([Exited, Signaled])
export type ExitStatus = typeof ExitStatus.Type

/** Whether the process ended by itself with code 0. */
export const isSuccess = (status: ExitStatus): boolean => status._tag === "Exited" && status.code === 0

/** `exit code 3`, or `SIGKILL (killed)`. */
export const describeExit = (status: ExitStatus): string =>
  status._tag === "Exited" ? `exit code ${status.code}` : describeSignal(status.signal)
