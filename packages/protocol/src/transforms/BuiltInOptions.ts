/**
 * The transforms that every broker has, and what each can be told.
 *
 * | name | in | out |
 * |---|---|---|
 * | `lines` | text | the lines that contain one of some texts |
 * | `ndjson` | JSON, a value a line | the same, of those that fit, the fields that are asked for |
 * | `stripAnsi` | text for a terminal | the same text without its control sequences |
 * | `gunzip` | gzip | what was compressed |
 * | `digest` | bytes | one value: `{ algorithm, hex, bytes }` |
 */
import * as Schema from "effect/Schema"

const FieldName = Schema.String.check(Schema.isMaxLength(200))
const Scalar = Schema.Union([Schema.String.check(Schema.isMaxLength(1000)), Schema.Finite, Schema.Boolean, Schema.Null])

/** Hashes that `digest` can make. */
const Algorithm = Schema.Literals(["sha256", "sha384", "sha512", "sha1", "md5"])

/** The options of each built-in transform. */
export const BuiltInOptions = {
  lines: Schema.Struct({
    /** Texts of which a line must contain one, letter by letter. Absent: every line passes. */
    includes: Schema.optionalKey(
      Schema.Array(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1000))).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(16)
      )
    )
  }),
  ndjson: Schema.Struct({
    /** Fields that are kept of each value. Absent: it passes as it is. */
    pick: Schema.optionalKey(Schema.Array(FieldName).check(Schema.isMaxLength(64))),
    /** What fields of a value must be for it to pass. */
    where: Schema.optionalKey(Schema.Record(FieldName, Scalar).check(Schema.isMaxProperties(16))),
    /** What becomes of a line that is no JSON. Absent: the transform fails. */
    malformed: Schema.optionalKey(Schema.Literals(["fail", "skip"]))
  }),
  stripAnsi: Schema.Struct({}),
  gunzip: Schema.Struct({}),
  digest: Schema.Struct({
    /** Absent: `sha256`. */
    algorithm: Schema.optionalKey(Algorithm)
  })
} as const

export type BuiltInName = keyof typeof BuiltInOptions

export const builtInNames = Object.keys(BuiltInOptions) as ReadonlyArray<BuiltInName>

/** What `digest` answers. */
export const Digest = Schema.Struct({ algorithm: Algorithm, hex: Schema.String, bytes: Schema.Natural })
export type Digest = typeof Digest.Type
