import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { SpawnSpec } from "../process/SpawnSpec.ts"

/** The rule by which one link of a chain of policies has decided. */
export const Decision = Schema.Struct({
  /** Whose policy it is. That of a derived token begins with those that it derives from. */
  subject: Schema.String,
  /** As a path into the policy. */
  rule: Schema.String
})
export type Decision = typeof Decision.Type

/** What a spawn would be answered now. */
export const Explanation = Schema.Union([
  Schema.TaggedStruct("Allowed", {
    /** One of each policy of the chain, the client's own first. */
    rules: Schema.Array(Decision),
    /** The real path of the file that would run. */
    file: Schema.String,
    /** What the program would see of its command line, its own name first. */
    argv: Schema.Array(Schema.String),
    /** The real path of the directory in which it would run. */
    cwd: Schema.String,
    /** Names of the variables that it would have, sorted. */
    env: Schema.Array(Schema.String)
  }),
  Schema.TaggedStruct("Denied", {
    /** What the spawn would fail with. `PermissionDenied` has the rule, and the subject of the policy that it is in. */
    error: ProcessError
  })
])
export type Explanation = typeof Explanation.Type

/** A spawn that starts nothing: whether it would be allowed, by which rules, and what would run. */
export const explain = Rpc.make("explain", { payload: { spec: SpawnSpec }, success: Explanation, error: ProcessError })
