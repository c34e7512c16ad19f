/** Who is connected to a broker, with what, as its host may see it. No token is in it: each is named by its identifier. */
import { TokenId } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"

/** How long the words may be by which the host says how a client has come, and what it has done. */
export const MAX_WORDS_LENGTH = 256
const Words = Schema.String.check(Schema.isMaxLength(MAX_WORDS_LENGTH))

/** By what a client has come, in the words of whoever opened its port: `port`, `WebSocket`. */
export const Via = Words

/** A client that has presented a token which is good. */
export const ConnectedClient = Schema.Struct({
  subject: Schema.String,
  tokenId: TokenId,
  via: Via,
  /** Milliseconds since the epoch. */
  connectedAt: Schema.Finite,
  /** Of its token, and of those derived from it, that live now. */
  processes: Schema.Natural
})
export type ConnectedClient = typeof ConnectedClient.Type

/** A token that is good. */
export const GoodToken = Schema.Struct({
  id: TokenId,
  subject: Schema.String,
  /** Milliseconds since the epoch. */
  mintedAt: Schema.Finite,
  /** Milliseconds since the epoch. Absent: it never expires. */
  expiresAt: Schema.optionalKey(Schema.Finite),
  /** What it was derived from. Absent: the host has minted it. */
  parent: Schema.optionalKey(TokenId),
  /** That have presented it, and not one derived from it. */
  sessions: Schema.Natural,
  /** Of it, and of those derived from it, that live now. */
  processes: Schema.Natural
})
export type GoodToken = typeof GoodToken.Type

/** What somebody has done by means of the host: a log-in, say. */
export const HostNote = Schema.Struct({
  act: Words,
  /** Who. */
  by: Schema.optionalKey(Words),
  /** To what. */
  target: Schema.optionalKey(Words)
})
export type HostNote = typeof HostNote.Type
