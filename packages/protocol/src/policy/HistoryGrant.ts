import * as Schema from "effect/Schema"

/** What the broker's history keeps of a client's processes beside the facts. */
export const HistoryGrant = Schema.Struct({
  /** The last bytes of the output of each, so many, of all its streams together. Absent: none. */
  output: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 64 * 1024 * 1024 })))
})
export type HistoryGrant = typeof HistoryGrant.Type
