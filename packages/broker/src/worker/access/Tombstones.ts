import type { Ending } from "./TokenStore.ts"

/** What is still known of a token that is over. */
export interface Tombstone {
  readonly hash: Buffer
  readonly ending: Ending
}

/** The last tokens that are over. Of older ones nothing is known, as if they had never been. */
export class Tombstones {
  readonly #most: number
  readonly #byId = new Map<string, Tombstone>()

  constructor(most: number) {
    this.#most = most
  }

  get(tokenId: string): Tombstone | undefined {
    return this.#byId.get(tokenId)
  }

  add(tokenId: string, tombstone: Tombstone): void {
    this.#byId.set(tokenId, tombstone)
    if (this.#byId.size > this.#most) this.#byId.delete(this.#byId.keys().next().value!)
  }
}
