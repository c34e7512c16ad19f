/** What a host says of its run, as one line of JSON on stdout. The demo reads it back through this schema. */
import * as Schema from "effect/Schema"

export const Report = Schema.Struct({
  /** Memory of the host's heap when the work began. */
  heapBytes: Schema.Finite,
  /** The longest time for which the main thread answered nobody. */
  longestStallMs: Schema.Finite,
  p99Ms: Schema.Finite,
  /** The part of the time in which the main thread could do nothing else, from 0 to 1. */
  busy: Schema.Finite,
  spawns: Schema.Int,
  outputBytes: Schema.Int,
  durationMs: Schema.Finite
})
export type Report = typeof Report.Type
