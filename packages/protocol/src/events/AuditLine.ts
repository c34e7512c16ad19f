/**
 * A line of the audit file: JSON of one fact, in the order in which they happened.
 *
 * `v` is the version of the shape. A field may be added within a version; none changes its meaning.
 */
import * as Schema from "effect/Schema"
import { BusEvent } from "./BusEvent.ts"

export const AUDIT_VERSION = 1

const v = Schema.Literal(AUDIT_VERSION)
const at = Schema.Finite

/** The first line of a broker's. What comes before it in the file is of another, or of one that was started before. */
const AuditStarted = Schema.TaggedStruct("AuditStarted", { at, pid: Schema.Int })

/** Facts that are not in the file, since it could not be written: so many, and no others, between this line and the one before. */
const AuditLost = Schema.TaggedStruct("AuditLost", { at, lost: Schema.Natural, reason: Schema.String })

/** The last line of a broker that was shut down. One that was killed has none. */
const AuditStopped = Schema.TaggedStruct("AuditStopped", { at })

/** What the file has beside the facts: its own. */
export const AuditNote = Schema.Union([AuditStarted, AuditLost, AuditStopped])
export type AuditNote = typeof AuditNote.Type

/** A line, parsed. */
export const AuditLine = Schema.Union(
  [...BusEvent.members, ...AuditNote.members].map((member) => Schema.Struct({ v, ...member.fields }))
)
export type AuditLine = { readonly v: typeof AUDIT_VERSION } & (
  | Exclude<BusEvent, { readonly _tag: "Lagged" }>
  | AuditNote
)
