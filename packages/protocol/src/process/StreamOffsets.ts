import * as Schema from "effect/Schema"

/** A place in each stream: how many bytes of it come before, counted from the start of the process. */
export const StreamOffsets = Schema.Struct({ stdout: Schema.Natural, stderr: Schema.Natural })
export type StreamOffsets = typeof StreamOffsets.Type
