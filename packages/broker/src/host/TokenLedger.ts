import type { StoredToken } from "../link/StoredToken.ts"

/** The tokens that are good, as the worker has told of them: what the next worker is given if this one dies. */
export class TokenLedger {
  readonly #tokens = new Map<string, StoredToken>()

  /** Each after the one that it was derived from. */
  get all(): ReadonlyArray<StoredToken> {
    return [...this.#tokens.values()]
  }

  add(token: StoredToken): void {
    this.#tokens.set(token.id, token)
  }

  /** A token is over, and so are those that were derived from it. */
  end(id: string): void {
    this.#tokens.delete(id)
    for (const token of this.#tokens.values()) if (token.parent === id) this.end(token.id)
  }
}
