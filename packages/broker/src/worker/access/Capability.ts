import type { Grant } from "./Grant.ts"

/** A token that was presented and is good, and what it is good for. */
export interface Capability {
  /** It may appear in logs, as the token itself may not. */
  readonly tokenId: string
  readonly grant: Grant
  /** What it was derived from. */
  readonly parent: Capability | undefined
  /** Milliseconds since the epoch. */
  readonly mintedAt: number
  /** On the broker's clock; `Infinity` if it never expires. Never later than that of its parent. */
  readonly expiresAt: number
}

/** A capability and all that it was derived from, the youngest first. */
export function* chainOf(capability: Capability): Generator<Capability> {
  for (let link: Capability | undefined = capability; link !== undefined; link = link.parent) yield link
}

/** Whether something is done in the name of a token: with it, or with one that was derived from it. */
export const isOf = (capability: Capability, tokenId: string): boolean => {
  for (const link of chainOf(capability)) if (link.tokenId === tokenId) return true
  return false
}

/** The token that the host has minted. */
export const rootOf = (capability: Capability): Capability =>
  capability.parent === undefined ? capability : rootOf(capability.parent)
