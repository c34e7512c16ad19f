/**
 * Where all that happens in the broker is told, and who hears it.
 *
 * Nobody waits for anybody here: a listener takes a fact within the call, and holds it himself. While nobody listens a fact
 * costs the increment of a number: it is not even made.
 */
import type { BrokerRestarted, BusEvent } from "@spawnbroker/protocol"
import type { Capability } from "../access/Capability.ts"
import { type Redact, unchanged } from "../access/make-redact.ts"
import { Counts } from "../observe/Counts.ts"
import { maskText } from "./mask-arguments.ts"

type WithoutPlace<E> = E extends unknown ? Omit<E, "seq" | "at"> : never
/** A fact before it has its number and its time. */
export type Fact = WithoutPlace<Exclude<BusEvent, { readonly _tag: "Lagged" }>>

type WithoutActor<F> = F extends unknown ? Omit<F, "subject" | "tokenId"> : never
/** A fact before it is said whose doing it is. */
export type Unnamed = WithoutActor<Fact>

/** Whose doing a fact is: it is told to those who may observe that. Of some nobody knows it. */
export type Actor = Capability | undefined

export interface BusListener {
  readonly take: (event: BusEvent, actor: Actor) => void
  /** Facts that it holds for somebody who has not asked for them. */
  readonly waiting?: number
}

export class Bus {
  /** Of what is told, and of what becomes of it. */
  readonly counts = new Counts()
  readonly #listeners = new Set<BusListener>()
  readonly #redact: Redact
  #seq = 0
  #restart: BrokerRestarted | undefined

  constructor(redact: Redact) {
    this.#redact = redact
  }

  /** Tells of a fact. It is made only if somebody listens. */
  tell(actor: Actor, make: () => Fact): void {
    this.#seq++
    if (this.#listeners.size === 0) return
    const event = this.#numbered(make())
    for (const listener of this.#listeners) listener.take(event, actor)
  }

  /** Tells, first of all, that this worker follows on one that has ended. Those who listened there are told when they come. */
  tellRestarted(reason: string): void {
    this.#seq++
    this.#restart = this.#numbered({
      _tag: "BrokerRestarted",
      reason: maskText(this.#redact(reason))
    }) as BrokerRestarted
    for (const listener of this.#listeners) listener.take(this.#restart, undefined)
  }

  /** The restart that this worker began with, if that was at a time or after it. */
  restartSince(at: number): BrokerRestarted | undefined {
    return this.#restart !== undefined && this.#restart.at >= at ? this.#restart : undefined
  }

  #numbered(fact: Fact): BusEvent {
    return { seq: this.#seq, at: Date.now(), ...this.#withoutSecrets(fact) } as BusEvent
  }

  /** Whatever has come from outside may hold one: a topic, a directory, the subject of a policy that a client has written. */
  #withoutSecrets(fact: Fact): object {
    if (this.#redact === unchanged) return fact
    const redactOne = (value: unknown): unknown => {
      if (typeof value === "string") return this.#redact(value)
      return Array.isArray(value) ? value.map(redactOne) : value
    }
    return Object.fromEntries(Object.entries(fact).map(([name, value]) => [name, redactOne(value)]))
  }

  listen(listener: BusListener): void {
    this.#listeners.add(listener)
  }

  forget(listener: BusListener): void {
    this.#listeners.delete(listener)
  }

  /** Facts that are held for whoever has not asked for them. */
  get waiting(): number {
    let waiting = 0
    for (const listener of this.#listeners) waiting += listener.waiting ?? 0
    return waiting
  }

  /** Tells of somebody's doing. */
  tellOf(actor: Capability, fact: Unnamed): void {
    if (fact._tag === "PermissionDenied") this.counts.denials++
    if (fact._tag === "DaemonStateChanged" && fact.to === "backoff") this.counts.daemonRestarts++
    this.tell(actor, () => ({ ...fact, ...named(actor) }) as Fact)
  }
}

/** The fields that say whose doing a fact is. */
export const named = ({ grant, tokenId }: Capability): { readonly subject: string; readonly tokenId: string } => ({
  subject: grant.subject,
  tokenId
})
