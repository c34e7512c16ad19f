import * as Schema from "effect/Schema"
import { DurationText } from "../process/DurationText.ts"

/** What happens when a daemon ends that nobody has stopped. */
export const RestartPolicy = Schema.Struct({
  /**
   * `always`; `on-failure`: after an exit with a code that is no success, a signal, a start that failed or took too long, and a
   * liveness probe that failed; `never`. Absent: `on-failure`.
   */
  policy: Schema.optionalKey(Schema.Literals(["always", "on-failure", "never"])),
  /** Time before the first restart. Absent: 500 milliseconds. */
  delay: Schema.optionalKey(DurationText),
  /** By which each next time is longer. Absent: 2. */
  factor: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
  /** The longest time. Absent: 1 minute. */
  maxDelay: Schema.optionalKey(DurationText),
  /** Whether each time is made up to a fifth shorter or longer, at random, so that many do not restart at once. Absent: yes. */
  jitter: Schema.optionalKey(Schema.Boolean),
  /** How long it must have been ready (or have run, without a readiness probe) for the times to begin anew. Absent: 1 minute. */
  resetAfter: Schema.optionalKey(DurationText),
  /** Restarts within `window` after which it is given up. Absent: 10. */
  maxRestarts: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
  /** Absent: 10 minutes. */
  window: Schema.optionalKey(DurationText)
})
export type RestartPolicy = typeof RestartPolicy.Type
