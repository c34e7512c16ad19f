import { HELD_ITEMS, HELD_LENGTH, MAX_NEXT_ITEMS, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"

/** What is given at a time. */
export interface Taken<A> {
  readonly items: ReadonlyArray<A>
  /** So many before these were given up, */
  readonly missed: number
  /** of which this was the last. */
  readonly lastMissed: A | undefined
}

interface Item<A> {
  readonly value: A
  readonly length: number
}

/**
 * What one subscriber has not asked for yet: the youngest, so many and so long at most. The rest is counted.
 *
 * Whoever waits is answered at the end of the turn of the loop in which something comes, with all that has come by then; or, if
 * he is to be answered no more often than each `paceMs`, once that time is over since the last answer.
 */
export class Held<A> {
  #items: Array<Item<A>> = []
  #length = 0
  #missed = 0
  #lastMissed: A | undefined
  #error: ProcessError | undefined
  readonly #drained = Promise.withResolvers<void>()
  readonly #onGivenUp: () => void
  readonly #paceMs: number
  #answeredAt = -Infinity
  #timer: NodeJS.Timeout | undefined
  #answer: ((outcome: Effect.Effect<Taken<A>, ProcessError>) => void) | undefined

  constructor(onGivenUp: () => void = () => {}, paceMs = 0) {
    this.#onGivenUp = onGivenUp
    this.#paceMs = paceMs
  }

  /** How many are held. */
  get size(): number {
    return this.#items.length
  }

  push(value: A, length: number): void {
    if (this.#error !== undefined) return
    // Whoever waits must not lose what comes in one turn because it is answered at the end of it.
    if (this.#items.length >= HELD_ITEMS || this.#length + length > HELD_LENGTH) this.#settle()
    this.#items.push({ value, length })
    this.#length += length
    while (this.#items.length > HELD_ITEMS || (this.#length > HELD_LENGTH && this.#items.length > 1)) this.#giveUpOne()
    if (this.#answer !== undefined && this.#items.length === 1 && !this.#isTooEarly())
      setImmediate(() => this.#settle())
  }

  /** Resolves once everything has been given, after which nothing more comes. */
  get drained(): Promise<void> {
    return this.#drained.promise
  }

  get #isEmpty(): boolean {
    return this.#items.length === 0 && this.#missed === 0
  }

  /** What is held, once there is something. */
  get next(): Effect.Effect<Taken<A>, ProcessError> {
    return Effect.callback((resume) => {
      // Two that wait would have to be answered in turn; an honest client has one.
      this.#answer?.(Effect.succeed(nothing))
      this.#answer = resume
      const isMore = this.#items.length >= MAX_NEXT_ITEMS || this.#error !== undefined
      if (isMore || this.#isEmpty || !this.#isTooEarly()) this.#settle()
    })
  }

  /** Nothing more comes. What is held is given before that is told. */
  close(error: ProcessError): void {
    this.#error ??= error
    this.#settle()
    if (this.#isEmpty) this.#drained.resolve()
  }

  /** Whether the last answer was given just now, so that the next one has time. */
  #isTooEarly(): boolean {
    if (this.#paceMs === 0) return false
    const waitMs = this.#answeredAt + this.#paceMs - performance.now()
    if (waitMs > 0) this.#timer ??= setTimeout(() => this.#settle(), waitMs)
    return waitMs > 0
  }

  #settle(): void {
    const answer = this.#answer
    if (answer === undefined || (this.#isEmpty && this.#error === undefined)) return
    this.#answer = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#answeredAt = performance.now()
    if (this.#isEmpty && this.#error !== undefined) answer(Effect.fail(this.#error))
    else answer(Effect.succeed(this.#take()))
    if (this.#isEmpty && this.#error !== undefined) this.#drained.resolve()
  }

  #take(): Taken<A> {
    const items = this.#items.splice(0, MAX_NEXT_ITEMS)
    for (const { length } of items) this.#length -= length
    const taken = { items: items.map(({ value }) => value), missed: this.#missed, lastMissed: this.#lastMissed }
    this.#missed = 0
    this.#lastMissed = undefined
    return taken
  }

  /** A shift of a thousand places is a move of 8 KB. */
  #giveUpOne(): void {
    const { value, length } = this.#items.shift()!
    this.#length -= length
    this.#missed++
    this.#lastMissed = value
    this.#onGivenUp()
  }
}

const nothing = { items: [], missed: 0, lastMissed: undefined }
