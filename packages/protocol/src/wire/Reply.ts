/**
 * What an operation answers: its success or its error, as data.
 *
 * Nothing is ever thrown across Comlink: its own handler would keep name, message and stack of an error, and lose the
 * fields by which one acts.
 */
import * as Schema from "effect/Schema"

export const Reply = <S extends Schema.Top, E extends Schema.Top>(success: S, error: E) =>
  Schema.Union([Schema.TaggedStruct("Success", { value: success }), Schema.TaggedStruct("Failure", { error })])

/** A reply as it crosses. */
export type ReplyEncoded<A = unknown, E = unknown> =
  | { readonly _tag: "Success"; readonly value: A }
  | { readonly _tag: "Failure"; readonly error: E }
