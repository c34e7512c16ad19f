import * as Schema from "effect/Schema"
import { MAX_TIMER_MS } from "./duration-millis.ts"

/** A time that a timer of JavaScript can count to: at most 24.8 days. */
export const Milliseconds = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: MAX_TIMER_MS }))
