import * as Schema from "effect/Schema"

/**
 * The broker's own name for a process: `p-` and 24 hexadecimal digits (96 random bits).
 *
 * Unlike a PID it is never used again and cannot be guessed, so knowing one is not a way to find others.
 */
export const ProcessId = Schema.String.check(Schema.isPattern(/^p-[0-9a-f]{24}$/)).pipe(Schema.brand("ProcessId"))
export type ProcessId = typeof ProcessId.Type

/** The operating system's number for a process. It is used again by the system once the process has been reaped. */
export const Pid = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 0x7fff_ffff })).pipe(Schema.brand("Pid"))
export type Pid = typeof Pid.Type
