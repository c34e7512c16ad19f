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
    return Result.flatMap(this.#find(token), ([tokenId, { grant, revoked }]) =>
      revoked ? Result.fail(new InvalidToken({ reason: "revoked" })) : Result.succeed({ tokenId, grant })
    )
  }

  /** Ends a token, and answers its identifier. Ending it twice is the same as once. */
  revoke(token: string): Result.Result<string, InvalidToken> {
    return Result.map(this.#find(token), ([tokenId, entry]) => {
      entry.revoked = true
      return tokenId
    })
  }

  #find(token: string): Result.Result<readonly [id: string, entry: Entry], InvalidToken> {
    const parts = parseToken(token)
    const entry = parts === undefined ? undefined : this.#entries.get(parts.id)
    const matches = secretMatches(parts?.secret ?? "", entry?.hash)
    return matches && entry !== undefined && parts !== undefined
      ? Result.succeed([parts.id, entry])
      : Result.fail(new InvalidToken({ reason: "unknown" }))
  }
}
