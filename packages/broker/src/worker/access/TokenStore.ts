/**
 * The tokens of a broker: those that were minted, those that were derived, and for a while those that are over.
 *
 * What a client can make it hold is bounded: derived tokens in number and depth, and tombstones.
 */
import { InvalidToken, LimitExceeded, MAX_TIMER_MS } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import type { Capability } from "./Capability.ts"
import type { Clock } from "./Clock.ts"
import type { Grant } from "./Grant.ts"
import { HOST_TOKEN_ID } from "./host-token.ts"
import { Tombstones } from "./Tombstones.ts"
import { mintToken, parseToken, secretMatches } from "./tokens.ts"

/** Living tokens that were derived from one, directly or not. Higher: a client can make the broker hold more policies. */
export const MAX_DERIVED = 256
/** Links of a chain at most, the host's included. Higher: each start is decided by more of them. */
export const MAX_LINKS = 8
/**
 * How late the sessions of a token are ended at most. What is asked for with it is refused to the millisecond. Lower: more
 * often all tokens are looked at, if a client derives many that expire soon.
 */
const EXPIRY_GRAIN_MS = 20
/** Tokens that are over and of which the holder is still told why. A client cannot push out those of the host. */
const MAX_TOMBSTONES = 4096

export type Ending = "revoked" | "expired"

interface Entry {
  readonly hash: Buffer
  readonly capability: Capability
  /** Derived from it directly, and living. */
  readonly children: Set<Entry>
  /** Derived from it, directly or not, and living. */
  derived: number
}

export class TokenStore {
  readonly #clock: Clock
  readonly #onOver: (capability: Capability, ending: Ending) => void
  readonly #onNew: (capability: Capability) => void
  readonly #entries = new Map<string, Entry>()
  readonly #minted = new Tombstones(MAX_TOMBSTONES)
  readonly #derived = new Tombstones(MAX_TOMBSTONES)
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  /** `onOver`: a token is over, and so is each that was derived from it, of which it is not called. */
  constructor(
    clock: Clock,
    onOver: (capability: Capability, ending: Ending) => void = () => {},
    onNew: (capability: Capability) => void = () => {}
  ) {
    this.#clock = clock
    this.#onOver = onOver
    this.#onNew = onNew
  }

  /** Tokens that are good, derived ones among them. */
  get size(): number {
    return this.#entries.size
  }

  /** Those that are good, each after the one that it was derived from. */
  get all(): ReadonlyArray<Capability> {
    return [...this.#entries.values()].map(({ capability }) => capability)
  }

  /** A new token for a grant. */
  mint(grant: Grant): string {
    return this.#add(grant, undefined)
  }

  /** A new token for a grant that narrows that of another. It ends with that one, if not before. */
  derive(parent: Capability, grant: Grant): Result.Result<string, LimitExceeded | InvalidToken> {
    return Result.map(this.mayDerive(parent), () => this.#add(grant, parent))
  }

  /** What is kept of a token that has just been made. */
  stored(token: string): Capability & { readonly hash: Buffer } {
    const { capability, hash } = this.#entries.get(parseToken(token)!.id)!
    return { ...capability, hash }
  }

  capabilityOf(tokenId: string): Capability | undefined {
    return this.#entries.get(tokenId)?.capability
  }

  /** A token that was made by another store. */
  restore(capability: Capability, hash: Buffer): void {
    this.#enter(capability, hash)
  }

  /** Whether another token may be derived from one now. */
  mayDerive(parent: Capability): Result.Result<void, LimitExceeded | InvalidToken> {
    const ended = this.endingOf(parent)
    if (ended !== undefined) return Result.fail(new InvalidToken({ reason: ended }))
    const chain = this.#chainOf(parent)
    if (chain.length >= MAX_LINKS)
      return Result.fail(new LimitExceeded({ limit: "derivationDepth", maximum: MAX_LINKS - 1 }))
    return chain.some(({ derived }) => derived >= MAX_DERIVED)
      ? Result.fail(new LimitExceeded({ limit: "derivedTokens", maximum: MAX_DERIVED }))
      : Result.succeed(undefined)
  }

  /** What a token is good for now. Takes as long for a token that does not exist as for one that does. */
  check(token: string): Result.Result<Capability, InvalidToken> {
    return Result.flatMap(this.#find(token), (found) => {
      const ended = typeof found === "object" ? this.endingOf(found.capability) : found
      return typeof found === "object" && ended === undefined
        ? Result.succeed(found.capability)
        : Result.fail(new InvalidToken({ reason: ended ?? "unknown" }))
    })
  }

  /** Why a capability is not good any more, if so. */
  endingOf({ tokenId, expiresAt }: Capability): Ending | undefined {
    if (tokenId === HOST_TOKEN_ID) return undefined
    if (expiresAt !== Infinity && expiresAt <= this.#clock.now()) {
      this.expire()
      return "expired"
    }
    return this.#entries.has(tokenId) ? undefined : (this.#tombstoneOf(tokenId)?.ending ?? "revoked")
  }

  /**
   * Ends a token and all that were derived from it, and answers its identifier. Ending it twice is the same as once.
   *
   * `by`: who may end only what was derived from its own.
   */
  revoke(token: string, by?: Capability): Result.Result<string, InvalidToken> {
    return Result.flatMap(this.#find(token), (found) => {
      const tokenId = parseToken(token)!.id
      if (typeof found === "string") {
        return by === undefined ? Result.succeed(tokenId) : Result.fail(new InvalidToken({ reason: found }))
      }
      if (by !== undefined && !this.#chainOf(found.capability.parent).some(({ capability }) => capability === by)) {
        return Result.fail(new InvalidToken({ reason: "unknown" }))
      }
      this.#end(found, "revoked")
      return Result.succeed(tokenId)
    })
  }

  /** The same for the host, which knows a token by its identifier, as it is in facts and lists. It must be good. */
  revokeById(tokenId: string): Result.Result<string, InvalidToken> {
    const entry = this.#entries.get(tokenId)
    if (entry === undefined) {
      return Result.fail(new InvalidToken({ reason: this.#tombstoneOf(tokenId)?.ending ?? "unknown" }))
    }
    this.#end(entry, "revoked")
    return Result.succeed(tokenId)
  }

  /** Ends what has expired. */
  expire(): void {
    const now = this.#clock.now()
    this.#stopTimer()
    for (const entry of this.#entries.values()) {
      if (entry.capability.expiresAt <= now) this.#end(entry, "expired")
      else this.#wakeAt(entry.capability.expiresAt)
    }
  }

  /** No timer runs from here on. */
  close(): void {
    this.#stopTimer()
  }

  #add(grant: Grant, parent: Capability | undefined): string {
    const { id, token, hash } = mintToken()
    const own = grant.expiresMs === undefined ? Infinity : this.#clock.now() + grant.expiresMs
    const expiresAt = Math.min(own, parent?.expiresAt ?? Infinity)
    const capability = { tokenId: id, grant, parent, mintedAt: Date.now(), expiresAt }
    this.#enter(capability, hash)
    this.#onNew(capability)
    return token
  }

  #enter(capability: Capability, hash: Buffer): void {
    const { tokenId, parent, expiresAt } = capability
    const entry: Entry = { hash, capability, children: new Set(), derived: 0 }
    const chain = this.#chainOf(parent)
    for (const link of chain) link.derived++
    chain[0]?.children.add(entry)
    this.#entries.set(tokenId, entry)
    this.#wakeAt(expiresAt)
  }

  #end(entry: Entry, ending: Ending): void {
    const { capability } = entry
    const chain = this.#chainOf(capability.parent)
    for (const link of chain) link.derived -= entry.derived + 1
    chain[0]?.children.delete(entry)
    this.#bury(entry, ending)
    this.#onOver(capability, ending)
  }

  #bury(entry: Entry, ending: Ending): void {
    const { tokenId, parent } = entry.capability
    this.#entries.delete(tokenId)
    const tombstones = parent === undefined ? this.#minted : this.#derived
    tombstones.add(tokenId, { hash: entry.hash, ending })
    for (const child of entry.children) this.#bury(child, ending)
  }

  /** The living entries of a chain, the youngest first. */
  #chainOf(capability: Capability | undefined): ReadonlyArray<Entry> {
    if (capability === undefined) return []
    const entry = this.#entries.get(capability.tokenId)
    return entry === undefined ? [] : [entry, ...this.#chainOf(capability.parent)]
  }

  #tombstoneOf(tokenId: string) {
    return this.#minted.get(tokenId) ?? this.#derived.get(tokenId)
  }

  /** The entry of a token whose secret is right, or how it has ended. */
  #find(token: string): Result.Result<Entry | Ending, InvalidToken> {
    const parts = parseToken(token)
    const entry = parts && this.#entries.get(parts.id)
    const tombstone = parts && this.#tombstoneOf(parts.id)
    const matches = secretMatches(parts?.secret ?? "", (entry ?? tombstone)?.hash)
    const found = entry ?? tombstone?.ending
    return matches && found !== undefined ? Result.succeed(found) : Result.fail(new InvalidToken({ reason: "unknown" }))
  }

  #wakeAt(expiresAt: number): void {
    if (expiresAt >= this.#timerAt) return
    this.#stopTimer()
    const ms = Math.min(Math.max(expiresAt - this.#clock.now(), EXPIRY_GRAIN_MS), MAX_TIMER_MS)
    this.#timerAt = expiresAt
    this.#timer = setTimeout(() => this.expire(), ms).unref()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Infinity
  }
}
