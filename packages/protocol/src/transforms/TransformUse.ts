/**
 * What a client asks to be done with an output of a process before it gets it, in a thread that is neither the broker's nor its own.
 */
import * as Schema from "effect/Schema"

/** A name under which the host has a transform. Only names are ever sent: which code runs is the host's to say. */
export const TransformName = Schema.String.check(Schema.isPattern(/^[A-Za-z][\w.-]*$/), Schema.isMaxLength(100))
export type TransformName = typeof TransformName.Type

/** Longest options of a transform, as JSON, in UTF-16 units. They are kept, and go with every step of one of the host's own. */
export const MAX_TRANSFORM_OPTIONS_LENGTH = 16 * 1024

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean, Schema.Null])

/** Flat, so that none can be too deep for whoever walks it. */
const OptionValue = Schema.Union([Scalar, Schema.Array(Scalar), Schema.Record(Schema.String, Scalar)])

const isShort = Schema.makeFilter<unknown>((options) => {
  const text = JSON.stringify(options) as string | undefined
  return (text !== undefined && text.length <= MAX_TRANSFORM_OPTIONS_LENGTH) || "options of at most 16 KiB of JSON"
})

/**
 * What becomes of the process whose transform has failed. `continue`: it runs on, and what it still puts out on that stream is
 * thrown away. `end`: it is ended, as it would be by its client.
 */
const OnFailure = Schema.Literals(["continue", "end"])

/** One transform, for one stream. */
export const TransformUse = Schema.Struct({
  name: TransformName,
  /** What the transform is told. For those that are built in, see `BuiltInOptions`. */
  options: Schema.optionalKey(Schema.Record(Schema.String, OptionValue).check(isShort)),
  /** Absent: `continue`. */
  onFailure: Schema.optionalKey(OnFailure)
})
export type TransformUse = typeof TransformUse.Type

/** By stream. Each must be a pipe. */
export const StreamTransforms = Schema.Struct({
  stdout: Schema.optionalKey(TransformUse),
  stderr: Schema.optionalKey(TransformUse)
})
export type StreamTransforms = typeof StreamTransforms.Type
