import * as Schema from "effect/Schema"

/** The public half of a token, by which it is named where it must not be shown: 16 hexadecimal digits. */
export const TokenId = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/))
export type TokenId = typeof TokenId.Type
