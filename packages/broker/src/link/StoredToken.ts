import type { Policy } from "@spawnbroker/protocol"

/** A token as its broker keeps it, beside the worker, so that it is good for the worker that follows, too. It is not the token. */
export interface StoredToken {
  readonly id: string
  /** SHA-256 of its secret, hex. */
  readonly hash: string
  readonly policy: Policy
  /** What it was derived from. */
  readonly parent: string | undefined
  /** Milliseconds since the epoch. */
  readonly mintedAt: number
  /** On the broker's clock; `Infinity` if it never expires. */
  readonly expiresAt: number
}
