/**
 * Reads the history for clients, and for the host, in a seat of its own: a thread or a process. There is one once somebody asks,
 * and none once nobody has asked for a while. It answers one question after the other, in the order in which they come.
 *
 * A question that takes too long is ended with its seat; whoever has asked after it gets another.
 */
import { LimitExceeded } from "@spawnbroker/protocol"
import type { AnswerTo, FromReader, Question } from "./thread-messages.ts"

/** Questions that wait, of all who ask. Higher: whoever comes last waits longer. */
const MAX_WAITING = 256
/** How long a seat that is idle is kept. Longer: fewer starts. Shorter: its memory is given back sooner. */
const IDLE_MS = 10_000
/** How long a seat may take to start. It needs some 30 ms on an idle machine, and is the last to get any of a busy one. */
const START_MS = 30_000

/** Where questions are answered. */
export interface ReaderSeat {
  /** Is called again only after an answer. The first may be asked before anything is told. */
  readonly ask: (question: Question) => void
  /** Ends it, whatever it does. */
  readonly end: () => Promise<void>
}

export interface ReaderSeatListener {
  readonly told: (message: FromReader) => void
  /** It has ended by itself, or could not be started. */
  readonly ended: (problem: string) => void
}

/** Calls nothing of the listener before it has returned. */
export type StartReaderSeat = (listener: ReaderSeatListener) => ReaderSeat

/** It took too long, and its seat was ended. */
export class TookTooLong extends Error {}

/** It cannot be answered. `isQuestion`: since it is wrong. */
export class NoAnswer extends Error {
  readonly isQuestion: boolean
  constructor(problem: string, isQuestion: boolean) {
    super(problem)
    this.isQuestion = isQuestion
  }
}

interface Asked {
  readonly question: Question
  readonly resolve: (answer: AnswerTo[Question["_tag"]]) => void
  readonly reject: (cause: Error) => void
}

export class Reader {
  readonly #start: StartReaderSeat
  readonly #timeoutMs: number
  readonly #waiting: Array<Asked> = []
  #asked: Asked | undefined
  #seat: ReaderSeat | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(start: StartReaderSeat, timeoutMs: number) {
    this.#start = start
    this.#timeoutMs = timeoutMs
  }

  /** Rejects with {@link TookTooLong}, {@link NoAnswer} or `LimitExceeded`. */
  ask<Q extends Question>(question: Q): Promise<AnswerTo[Q["_tag"]]> {
    return new Promise<AnswerTo[Question["_tag"]]>((resolve, reject) => {
      if (this.#isClosed) return reject(closed)
      if (this.#waiting.length >= MAX_WAITING) {
        return reject(new LimitExceeded({ limit: "historyQuestions", maximum: MAX_WAITING }))
      }
      this.#waiting.push({ question, resolve, reject })
      this.#next()
    }) as Promise<AnswerTo[Q["_tag"]]>
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const { reject } of this.#waiting.splice(0)) reject(closed)
    this.#asked?.reject(closed)
    await this.#end()
  }

  #next(): void {
    if (this.#asked !== undefined || this.#isClosed) return
    clearTimeout(this.#timer)
    this.#asked = this.#waiting.shift()
    if (this.#asked === undefined) {
      this.#timer = setTimeout(() => void this.#end(), IDLE_MS).unref()
      return
    }
    this.#giveUpAfter(this.#seat === undefined ? START_MS : this.#timeoutMs)
    this.#seat ??= this.#take()
    this.#seat.ask(this.#asked.question)
  }

  #settle(settle: (asked: Asked) => void): void {
    const asked = this.#asked
    this.#asked = undefined
    if (asked !== undefined) settle(asked)
    this.#next()
  }

  #giveUpAfter(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#giveUp(), ms).unref()
  }

  async #giveUp(): Promise<void> {
    // Nobody is asked meanwhile: the timer of whoever waits would count the end of this one.
    await this.#end()
    this.#settle(({ reject }) => reject(new TookTooLong()))
  }

  async #end(): Promise<void> {
    const seat = this.#seat
    this.#seat = undefined
    await seat?.end()
  }

  #take(): ReaderSeat {
    const isOurs = (): boolean => this.#seat === seat
    const seat = this.#start({
      told: (message) => {
        if (!isOurs()) return
        if (message._tag === "Ready") this.#giveUpAfter(this.#timeoutMs)
        else if (message._tag === "Answer") this.#settle(({ resolve }) => resolve(message.answer))
        else this.#settle(({ reject }) => reject(new NoAnswer(message.problem, message.isQuestion)))
      },
      ended: (problem) => {
        if (!isOurs()) return
        this.#seat = undefined
        this.#settle(({ reject }) => reject(new NoAnswer(problem, false)))
      }
    })
    return seat
  }
}

const closed = new NoAnswer("the broker is being shut down", false)
