/**
 * The facts of a process's life, in the order in which they happen.
 *
 * `Starting → Started → Exited → Closed`, with `Killed` before `Exited` where somebody ended it, `Exceeded` anywhere between
 * `Started` and `Closed` where a limit of its policy was exceeded, and `Failed` in the place of all that follows `Starting`
 * where it never started. A subscriber gets every fact from the first, however late it comes. `Exited` means that the status is known; `Closed` comes last, once no more output can follow.
 */
import * as Schema from "effect/Schema"
import { ExceededLimit } from "../policy/Limits.ts"
import { ExitStatus } from "./ExitStatus.ts"
import { Pid } from "./ProcessId.ts"
import { Signal } from "./Signal.ts"

/**
 * Who ended a process: a `client` (or its scope, or its disconnection), its `timeout`, a `limit` of its policy, a
 * token that was `revoked` or has expired, the broker's `shutdown`, or the `crash` of the launcher that was its parent.
 */
export const KilledBy = Schema.Literals(["client", "timeout", "limit", "revoked", "shutdown", "crash"])
export type KilledBy = typeof KilledBy.Type

/** Milliseconds since the epoch, on the broker's clock. */
const at = Schema.Finite

export const Starting = Schema.TaggedStruct("Starting", { at })
export const Started = Schema.TaggedStruct("Started", { at, pid: Pid })
export const Failed = Schema.TaggedStruct("Failed", { at, message: Schema.String })
/**
 * It has exceeded a limit of its policy, or those have who have outlived it, so that it may come after `Exited`. Whoever
 * still runs is ended for that: `Killed` by `limit` follows. It comes before the end of an output that is cut.
 */
export const Exceeded = Schema.TaggedStruct("Exceeded", { at, limit: ExceededLimit })
/** A signal was sent. One ending may have two of these: the polite one, and SIGKILL after the grace. */
export const Killed = Schema.TaggedStruct("Killed", { at, by: KilledBy, signal: Signal })
export const Exited = Schema.TaggedStruct("Exited", { at, status: ExitStatus })
/** `dropped`: bytes of each stream that no client will ever see, because nobody read them in time. */
export const Closed = Schema.TaggedStruct("Closed", {
  at,
  dropped: Schema.Struct({ stdout: Schema.Natural, stderr: Schema.Natural })
})

export const LifecycleEvent = Schema.Union([Starting, Started, Failed, Exceeded, Killed, Exited, Closed])
export type LifecycleEvent = typeof LifecycleEvent.Type
