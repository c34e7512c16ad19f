import { InvalidToken } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import type { Grant } from "./Grant.ts"
import { mintToken, parseToken, secretMatches } from "./tokens.ts"

interface Entry {
  readonly hash: Buffer
  readonly grant: Grant
  revoked: boolean
}

/** A token that was presented and is good, and what it is good for. */
export interface Capability {
  readonly tokenId: string
  readonly grant: Grant
}

/** The tokens that have been minted. Revoked ones are remembered, so that their holder is told. */
export class TokenStore {
  readonly #entries = new Map<string, Entry>()

  get size(): number {
    return [...this.#entries.values()].filter(({ revoked }) => !revoked).length
  }

  /** A new token for a grant. The grant is kept as it is now. */
  mint(grant: Grant): string {
    const { id, token, hash } = mintToken()
    this.#entries.set(id, { hash, grant, revoked: false })
    return token
  }

  /** What a token is good for now. Takes as long for a token that does not exist as for one that does. */
  check(token: string): Result.Result<Capability, InvalidToken> {
    const parts = parseToken(token)
    const entry = parts === undefined ? undefined : this.#entries.get(parts.id)
    const matches = secretMatches(parts?.secret ?? "", entry?.hash)
    if (!matches || entry === undefined || parts === undefined)
      return Result.fail(new InvalidToken({ reason: "unknown" }))
    if (entry.revoked) return Result.fail(new InvalidToken({ reason: "revoked" }))
    return Result.succeed({ tokenId: parts.id, grant: entry.grant })
  }

  /** Ends a token, and answers its identifier. */
  revoke(token: string): Result.Result<string, InvalidToken> {
    return Result.map(this.check(token), ({ tokenId }) => {
      this.#entries.get(tokenId)!.revoked = true
      return tokenId
    })
  }
}
