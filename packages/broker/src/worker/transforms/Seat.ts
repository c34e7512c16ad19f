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

/** Where threads come from. */
export interface Threads {
  /** Takes one, until the port is closed, or it is aborted. */
  readonly sit: (port: MessagePort, signal: AbortSignal) => Promise<void>
  /** What is on the heap of one, asked while it works. */
  readonly heapBytes: (threadId: number) => Promise<number>
}

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

/**
 * How often the heap of a thread is looked at that has worked for as long. Higher: one that bloats takes more by then. Lower: more
 * of the broker's time. V8's own limit is no help: a thread that needs a large piece beyond it ends the whole process.
 */
const LOOK_MS = 25

/** How long a thread may take to load its code: some 50 ms on an idle machine. */
const START_LIMIT_MS = 30_000

export class Seat {
  readonly #port: MessagePort
  readonly #abort = new AbortController()
  readonly #listener: SeatListener
  readonly #threads: Threads
  readonly #memoryMb: number
  #threadId: number | undefined
  #look: NodeJS.Timeout | undefined
  #work: Work | undefined
  #isReady = false
  #isLeft = false
  #end: SeatEnded | undefined
  readonly #starting: NodeJS.Timeout

  /** `memoryMb`: what it may have on its heap. */
  constructor(threads: Threads, memoryMb: number, listener: SeatListener) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#listener = listener
    this.#threads = threads
    this.#memoryMb = memoryMb
    this.#starting = setTimeout(
      () => this.#terminate(new SeatEnded("lost", "no thread of the pool has started")),
      START_LIMIT_MS
    )
    port1.on("message", (answer: PoolAnswer) => this.#answered(answer))
    void threads.sit(port2, this.#abort.signal).then(
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
      this.#lookSoon()
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
      this.#threadId = answer.threadId
    } else this.#settle()?.resolve(answer)
    this.#listener.free()
  }

  #settle(): Work | undefined {
    const work = this.#work
    this.#work = undefined
    clearTimeout(work?.limit)
    clearTimeout(this.#look)
    return work
  }

  #lookSoon(): void {
    this.#look = setTimeout(() => void this.#lookAtHeap(), LOOK_MS)
  }

  async #lookAtHeap(): Promise<void> {
    const work = this.#work
    const bytes = await this.#threads.heapBytes(this.#threadId!)
    if (this.#work !== work || work === undefined || this.#end !== undefined) return
    if (bytes <= this.#memoryMb * 1024 * 1024) return this.#lookSoon()
    this.#terminate(new SeatEnded("bloated", `it took more than ${this.#memoryMb} MiB of heap`))
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
