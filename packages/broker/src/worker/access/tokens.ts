/**
 * Capability tokens: what a client holds, and what the broker keeps of it.
 *
 * A token is `sb_`, an identifier of 64 bits, `_`, and a secret of 256 bits from the CSPRNG. The broker keeps the
 * identifier and the SHA-256 of the secret. The identifier may appear in logs; the secret appears nowhere.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"

const ID_BYTES = 8
const SECRET_BYTES = 32
const pattern = /^sb_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

export interface MintedToken {
  readonly id: string
  /** What the client gets. It is not kept. */
  readonly token: string
  readonly hash: Buffer
}

export const mintToken = (): MintedToken => {
  const id = randomBytes(ID_BYTES).toString("hex")
  const secret = randomBytes(SECRET_BYTES).toString("base64url")
  return { id, token: `sb_${id}_${secret}`, hash: hashOf(secret) }
}

/** The two parts of a token, or nothing if it is not written as one. */
export const parseToken = (token: string): { readonly id: string; readonly secret: string } | undefined => {
  const parts = pattern.exec(token)
  return parts === null ? undefined : { id: parts[1]!, secret: parts[2]! }
}

/** Compares in constant time. Without a stored hash it takes as long, and answers no. */
export const secretMatches = (secret: string, stored: Buffer | undefined): boolean => {
  const matches = timingSafeEqual(hashOf(secret), stored ?? nobody)
  return matches && stored !== undefined
}

const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest()

const nobody = randomBytes(32)
