import * as Schema from "effect/Schema"
import { SECONDS_BOUNDS } from "./seconds-bounds.ts"

const BUCKETS = SECONDS_BOUNDS.length + 1

/** How often something took how long. */
export const Histogram = Schema.Struct({
  /** One for each bound, of what took no longer than that and longer than the one before, and one for the rest. */
  counts: Schema.Array(Schema.Natural).check(Schema.isMinLength(BUCKETS), Schema.isMaxLength(BUCKETS)),
  /** Seconds in all. */
  sum: Schema.Finite,
  /** The shortest, in seconds. 0 where there is none. */
  min: Schema.Finite,
  /** The longest, in seconds. */
  max: Schema.Finite
})
export type Histogram = typeof Histogram.Type
