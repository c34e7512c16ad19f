/**
 * A thread that reads the history for clients, and for the host: there is one once somebody asks, and none once nobody has asked
 * for a while. It answers one question after the other, in the order in which they come.
 *
 * A question that takes too long is ended with the thread; whoever has asked after it gets another.
 */
import { Worker } from "node:worker_threads"
import { LimitExceeded } from "@spawnbroker/protocol"
import type { AnswerTo, FromReader, Question, ReaderStart } from "./thread-messages.ts"

/** Questions that wait, of all who ask. Higher: whoever comes last waits longer. */
const MAX_WAITING = 256
/** How long one that is idle is kept. Longer: fewer starts, of some 30 ms. Shorter: its 10 MB are given back sooner. */
const IDLE_MS = 10_000
/** How long one may take to start. It needs some 30 ms on an idle machine, and is the last to get any of a busy one. */
const START_MS = 30_000

/** What V8 may take, in MiB: outputs are read whole, twice. */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 }

/** It took too long, and its thread was ended. */
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

export class ReaderThread {
  readonly #workerFile: string
  readonly #start: ReaderStart
  readonly #timeoutMs: number
  readonly #started: (thread: number) => void
  readonly #waiting: Array<Asked> = []
  #asked: Asked | undefined
  #thread: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** `started` is told of each thread's id, where the system has one. */
  constructor(workerFile: string, start: ReaderStart, timeoutMs: number, started = (_thread: number): void => {}) {
    this.#workerFile = workerFile
    this.#start = start
    this.#timeoutMs = timeoutMs
    this.#started = started
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
    await this.#thread?.terminate()
  }

  #next(): void {
    if (this.#asked !== undefined || this.#isClosed) return
    clearTimeout(this.#timer)
    this.#asked = this.#waiting.shift()
    if (this.#asked === undefined) {
      this.#timer = setTimeout(() => void this.#end(), IDLE_MS).unref()
      return
    }
    this.#giveUpAfter(this.#thread === undefined ? START_MS : this.#timeoutMs)
    this.#thread ??= this.#run()
    this.#thread.postMessage(this.#asked.question)
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
    const thread = this.#thread
    this.#thread = undefined
    await thread?.terminate()
  }

  #run(): Worker {
    const thread = new Worker(this.#workerFile, {
      name: "spawnbroker history reader",
      workerData: this.#start,
      resourceLimits: LIMITS,
      trackUnmanagedFds: false
    })
    thread.unref()
    let problem = "the thread that reads the history ended"
    const isOurs = (): boolean => this.#thread === thread
    thread.on("message", (message: FromReader) => {
      if (!isOurs()) return
      if (message._tag === "Ready") {
        this.#giveUpAfter(this.#timeoutMs)
        if (message.thread !== undefined) this.#started(message.thread)
      } else if (message._tag === "Answer") this.#settle(({ resolve }) => resolve(message.answer))
      else this.#settle(({ reject }) => reject(new NoAnswer(message.problem, message.isQuestion)))
    })
    thread.on("error", (cause) => (problem = String(cause)))
    thread.once("exit", () => {
      if (!isOurs()) return
      this.#thread = undefined
      this.#settle(({ reject }) => reject(new NoAnswer(problem, false)))
    })
    return thread
  }
}

const closed = new NoAnswer("the broker is being shut down", false)
