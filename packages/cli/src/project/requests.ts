/**
 * What the commands of a project's user ask of it besides what its broker does for clients: one request a connection, a line of
 * JSON, which is answered by another.
 */
import * as Schema from "effect/Schema"

const Name = Schema.String.check(Schema.isMaxLength(200))

export const Request = Schema.Union([
  /** Who it is. */
  Schema.TaggedStruct("Describe", {}),
  /** A new token for one of the policies of its configuration. */
  Schema.TaggedStruct("Mint", { policy: Name, expires: Schema.optionalKey(Name) }),
  Schema.TaggedStruct("Revoke", { token: Schema.String.check(Schema.isMaxLength(512)), kill: Schema.Boolean }),
  /** Its end: in order, or at once. Answered when everything has been stopped. */
  Schema.TaggedStruct("Down", { hurry: Schema.Boolean })
])
export type Request = typeof Request.Type

/** With the token that proves that it is the user's. */
export const SignedRequest = Schema.Struct({ token: Schema.String.check(Schema.isMaxLength(512)), request: Request })

export const Answer = Schema.Union([
  Schema.TaggedStruct("Described", { name: Schema.String, file: Schema.String, pid: Schema.Int }),
  Schema.TaggedStruct("Minted", { token: Schema.String, subject: Schema.String }),
  Schema.TaggedStruct("Revoked", {}),
  /** How many processes needed SIGKILL. */
  Schema.TaggedStruct("WentDown", { killed: Schema.Natural }),
  Schema.TaggedStruct("Refused", {
    message: Schema.String,
    exitCode: Schema.Int,
    code: Schema.optionalKey(Schema.String)
  })
])
export type Answer = typeof Answer.Type

/** Longest line of either. */
export const MAX_LINE_BYTES = 64 * 1024
