import * as Schema from "effect/Schema"
import { ProcessId } from "../process/ProcessId.ts"
import { busEventTags } from "./BusEvent.ts"

/** Which facts a subscriber wants, of those that he may see: those that fit all that is said. */
export const EventFilter = Schema.Struct({
  /** Kinds of facts. Absent: all. `Lagged` and `BrokerRestarted` come in any case. */
  types: Schema.optionalKey(Schema.Array(Schema.Literals(busEventTags)).check(Schema.isMaxLength(busEventTags.length))),
  /** Facts of one process. */
  id: Schema.optionalKey(ProcessId),
  /** Doings of one subject. */
  subject: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(1024)))
})
export type EventFilter = typeof EventFilter.Type
