import type { BrokerRestarted, BusEvent, EventFilter } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { type Capability, isOf } from "../access/Capability.ts"
import type { Actor, Bus, BusListener } from "./Bus.ts"
import { Held } from "./Held.ts"

/**
 * Between two answers to one subscriber. Each costs the broker's thread as much as a dozen facts. Longer: fewer, while much happens.
 * Shorter: what follows on an answer is heard sooner; what follows on a quiet time is, at once.
 */
const PACE_MS = 5

/** Whose facts are told: everybody's, or those of one token and of all that was derived from it. */
export type Observer = "everybody" | Capability

/** The facts that one subscriber may have and wants. */
export class EventSubscription implements BusListener {
  readonly #bus: Bus
  readonly #observer: Observer
  readonly #filter: EventFilter
  readonly #held: Held<BusEvent>
  /** Facts that a subscriber may observe who does not observe everybody's. The numbers of all would tell how much others do. */
  #ownSeq = 0

  /** `since`: when the subscriber had begun to listen to what this goes on from. */
  constructor(bus: Bus, observer: Observer, filter: EventFilter, since = Infinity) {
    this.#bus = bus
    this.#held = new Held(() => bus.counts.lostFacts++, PACE_MS)
    this.#observer = observer !== "everybody" && observer.grant.observe === "all" ? "everybody" : observer
    this.#filter = filter
    const restart = bus.restartSince(since)
    if (restart !== undefined) this.#takeRestart(restart, observer === "everybody")
    bus.listen(this)
  }

  /** What has ended the thread is the host's business, and may tell of what others did. */
  #takeRestart({ reason, ...restart }: BrokerRestarted, isHost: boolean): void {
    const seq = this.#observer === "everybody" ? restart.seq : ++this.#ownSeq
    const event = { ...restart, seq, ...(isHost && reason !== undefined && { reason }) }
    this.#held.push(event, lengthOf(event))
  }

  take(event: BusEvent, actor: Actor): void {
    if (this.#observer === "everybody") {
      if (passes(this.#filter, event)) this.#held.push(event, lengthOf(event))
      return
    }
    if (actor === undefined || !isOf(actor, this.#observer.tokenId)) return
    const seq = ++this.#ownSeq
    if (passes(this.#filter, event)) this.#held.push({ ...event, seq }, lengthOf(event))
  }

  get waiting(): number {
    return this.#held.size
  }

  /** What is held, with a word on what was given up before it. */
  get next() {
    return Effect.map(this.#held.next, ({ items, missed, lastMissed }): ReadonlyArray<BusEvent> => {
      if (lastMissed === undefined) return items
      return [{ _tag: "Lagged", seq: lastMissed.seq, at: lastMissed.at, missed }, ...items]
    })
  }

  get drained(): Promise<void> {
    return this.#held.drained
  }

  close(...[error]: Parameters<Held<BusEvent>["close"]>): void {
    this.#bus.forget(this)
    this.#held.close(error)
  }
}

const passes = ({ types, id, subject }: EventFilter, event: BusEvent): boolean =>
  (types === undefined || types.includes(event._tag)) &&
  (id === undefined || ("id" in event && event.id === id)) &&
  (subject === undefined || ("subject" in event && event.subject === subject))

/** What a fact weighs, in UTF-16 units: its texts, and something for the rest. */
export const lengthOf = (event: BusEvent): number => {
  let length = FIXED_LENGTH
  for (const name in event) {
    const value: unknown = event[name as keyof BusEvent]
    if (typeof value === "string") length += value.length
    else if (Array.isArray(value)) for (const item of value) length += (item as string).length + ITEM_LENGTH
  }
  return length
}

const FIXED_LENGTH = 256
const ITEM_LENGTH = 16
