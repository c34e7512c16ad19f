/**
 * A thread of the pool, as long as it is ours. It does one thing at a time; what takes too long, or takes too much memory, is
 * ended with it.
 */
import { MessageChannel, type MessagePort } from "node:worker_threads"
import type { PoolAnswer, PoolRequest } from "../../link/pool-messages.ts"

/** How a thread ended while it was doing something. */
export class SeatEnded extends Error {
  readonly reason: "hung" | "bloated" | "lost"
  constructor(reason: SeatEnded["reason"], problem: string) {
    super(problem)
    this.reason = reason
  }
}

/** Runs until the port is closed, or it is aborted. */
export type Sit = (port: MessagePort, signal: AbortSignal) => Promise<void>

export interface SeatListener {
  /** It can be given something to do. */
  readonly free: () => void
  /** Its thread is gone, and whatever it held. */
  readonly ended: (cause: SeatEnded) => void
}

interface Work {
  readonly resolve: (answer: PoolAnswer) => void
  readonly reject: (cause: SeatEnded) => void
  readonly limit: NodeJS.Timeout
}

/** How long a thread may take to load its code: some 50 ms on an idle machine. */
const START_LIMIT_MS = 30_000

export class Seat {
  readonly #port: MessagePort
  readonly #abort = new AbortController()
  readonly #listener: SeatListener
  #work: Work | undefined
  #isReady = false
  #isLeft = false
  #end: SeatEnded | undefined
  readonly #starting: NodeJS.Timeout

  constructor(sit: Sit, listener: SeatListener) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#listener = listener
    this.#starting = setTimeout(
      () => this.#terminate(new SeatEnded("lost", "no thread of the pool has started")),
      START_LIMIT_MS
    )
    port1.on("message", (answer: PoolAnswer) => this.#answered(answer))
    void sit(port2, this.#abort.signal).then(
      () => this.#ended(new SeatEnded("lost", "its thread has ended")),
      (cause: unknown) => this.#ended(this.#end ?? endOf(cause))
    )
  }

  /** It has started, does nothing, and can be given something. */
  get isFree(): boolean {
    return this.#isReady && this.#work === undefined && !this.#isLeft && this.#end === undefined
  }

  /** It must be free. Fails with {@link SeatEnded} if its thread ends first, and ends it at the limit. */
  do(request: PoolRequest, limitMs: number, transfer: Array<ArrayBuffer>): Promise<PoolAnswer> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => this.#terminate(new SeatEnded("hung", `it took longer than ${limitMs} ms`)),
        limitMs
      )
      this.#work = { resolve, reject, limit }
      try {
        this.#port.postMessage(request, transfer)
      } catch (cause) {
        this.#settle()
        reject(new SeatEnded("lost", `it cannot be sent to a thread: ${String(cause)}`))
      }
    })
  }

  /** It need not be free, and does not answer. */
  tell(request: Extract<PoolRequest, { readonly _tag: "Forget" }>): void {
    this.#port.postMessage(request)
  }

  /** Its thread may go. */
  leave(): void {
    this.#isLeft = true
    clearTimeout(this.#starting)
    this.#port.close()
  }

  #answered(answer: PoolAnswer): void {
    if (answer._tag === "Ready") {
      clearTimeout(this.#starting)
      this.#isReady = true
    } else this.#settle()?.resolve(answer)
    this.#listener.free()
  }

  #settle(): Work | undefined {
    const work = this.#work
    this.#work = undefined
    clearTimeout(work?.limit)
    return work
  }

  #terminate(cause: SeatEnded): void {
    this.#end = cause
    this.#abort.abort()
  }

  #ended(cause: SeatEnded): void {
    clearTimeout(this.#starting)
    this.#end ??= cause
    this.#port.close()
    this.#settle()?.reject(this.#end)
    this.#listener.ended(this.#end)
  }
}

const endOf = (cause: unknown): SeatEnded =>
  (cause as { readonly code?: unknown } | null)?.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new SeatEnded("bloated", "it took more memory than a thread may have")
    : new SeatEnded("lost", `its thread has ended: ${String(cause)}`)
