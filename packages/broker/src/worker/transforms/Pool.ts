/**
 * Threads for what must hold up nobody: transforms, and whatever may take for ever. Started when they are needed, so many at
 * most, and ended when they have been idle.
 *
 * Two kinds of work, and threads for each. *Steady* work has state in its thread, is ours, and can be trusted to end: a stream
 * stays with one thread, which many streams share. *Free* work has no state there, may be anybody's, and may have to be ended
 * with its thread: the next free thread takes the next of it. So nothing that is ended takes a neighbour's state with it, and
 * however many streams there are, each gets its turn.
 */
import { LimitExceeded } from "@spawnbroker/protocol"
import type { PoolAnswer, PoolRequest } from "../../link/pool-messages.ts"
import { Seat, SeatEnded, type Threads } from "./Seat.ts"

export interface PoolLimits {
  /** Of the code of a thread. */
  readonly file: string
  /** Threads at most, two at least: one for each kind of work. */
  readonly maxThreads: number
  /** What one thread may have on its heap. */
  readonly memoryMb: number
  /** How long a thread that has nothing to do is kept. */
  readonly idleMs: number
}

/** Tasks that may wait. Higher: more may be asked for at a time. Lower: less memory while all threads are busy. */
const MAX_WAITING_TASKS = 4096

interface Waiting {
  readonly request: PoolRequest
  readonly limitMs: number
  readonly transfer: Array<ArrayBuffer>
  readonly resolve: (answer: PoolAnswer) => void
  readonly reject: (cause: unknown) => void
}

/** A thread, and the work that waits for it. */
class Desk {
  readonly seat: Seat
  readonly waiting: Array<Waiting> = []
  /** Streams that stay with it. */
  streams = 0
  idle: NodeJS.Timeout | undefined

  constructor(makeSeat: (desk: Desk) => Seat) {
    this.seat = makeSeat(this)
  }
}

/** The place of one stream in the pool. */
export interface SteadyPlace {
  readonly do: (request: PoolRequest, limitMs: number, transfer: Array<ArrayBuffer>) => Promise<PoolAnswer>
  /** `stream`: the state to give up. */
  readonly leave: (stream: number) => void
}

export class Pool {
  readonly #limits: PoolLimits
  readonly #steady = new Set<Desk>()
  readonly #free = new Set<Desk>()
  readonly #waiting: Array<Waiting> = []
  #piscina: Promise<Piscina> | undefined
  #isClosed = false

  readonly #threads: Threads = {
    sit: async (port, signal) => {
      this.#piscina ??= startPiscina(this.#limits)
      await (await this.#piscina).run({ port }, { name: "sit", signal, transferList: [port] })
    },
    heapBytes: async (id) => {
      const thread = (await this.#piscina)?.threads.find(({ threadId }) => threadId === id)
      // One that has just ended has none.
      const heap = await thread?.getHeapStatistics().catch(() => undefined)
      return heap?.used_heap_size ?? 0
    }
  }

  constructor(limits: PoolLimits) {
    this.#limits = limits
  }

  /** Threads that there are, and work that waits for one. */
  get stats(): { readonly threads: number; readonly waiting: number } {
    const waiting = [...this.#steady].reduce((sum, desk) => sum + desk.waiting.length, this.#waiting.length)
    return { threads: this.#steady.size + this.#free.size, waiting }
  }

  /** A place for a stream whose state stays in a thread: with the one that has the fewest. */
  openSteady(): SteadyPlace {
    const desk = this.#leastBusy() ?? this.#addDesk(this.#steady)
    desk.streams++
    clearTimeout(desk.idle)
    return {
      do: (request, limitMs, transfer) =>
        new Promise((resolve, reject) => {
          if (!this.#steady.has(desk)) return reject(new SeatEnded("lost", "its thread has ended"))
          desk.waiting.push({ request, limitMs, transfer, resolve, reject })
          this.#turn(desk, desk.waiting)
        }),
      leave: (stream) => {
        desk.streams--
        if (!this.#steady.has(desk)) return
        desk.seat.tell({ _tag: "Forget", stream })
        this.#idleSoon(this.#steady, desk)
      }
    }
  }

  /** Work for whichever thread is free. **Errors**: `LimitExceeded` where too much waits already; `SeatEnded`. */
  do(request: PoolRequest, limitMs: number, transfer: Array<ArrayBuffer> = []): Promise<PoolAnswer> {
    if (request._tag === "Task" && this.#waiting.length >= MAX_WAITING_TASKS) {
      return Promise.reject(new LimitExceeded({ limit: "poolTasks", maximum: MAX_WAITING_TASKS }))
    }
    if (this.#isClosed) return Promise.reject(closed)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, limitMs, transfer, resolve, reject })
      this.#turnFree()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const desk of [...this.#steady, ...this.#free]) {
      clearTimeout(desk.idle)
      for (const { reject } of desk.waiting.splice(0)) reject(closed)
      desk.seat.leave()
    }
    for (const { reject } of this.#waiting.splice(0)) reject(closed)
    await (await this.#piscina)?.destroy()
  }

  /** Of those with steady work, the one with the fewest streams; none where there may be another. */
  #leastBusy(): Desk | undefined {
    const desks = [...this.#steady].toSorted((a, b) => a.streams - b.streams)
    const mayAdd = this.#steady.size < Math.max(1, this.#limits.maxThreads >> 1)
    return mayAdd && desks[0]?.streams !== 0 ? undefined : desks[0]
  }

  #turnFree(): void {
    for (const desk of this.#free) this.#turn(desk, this.#waiting)
    const starting = [...this.#free].filter(({ seat }) => !seat.isFree).length
    const mayAdd = this.#free.size < this.#limits.maxThreads - Math.max(1, this.#limits.maxThreads >> 1)
    if (this.#waiting.length > 0 && mayAdd && starting === this.#free.size) this.#addDesk(this.#free)
  }

  #turn(desk: Desk, waiting: Array<Waiting>): void {
    const next = desk.seat.isFree ? waiting.shift() : undefined
    if (next === undefined) return
    clearTimeout(desk.idle)
    const { request, limitMs, transfer, resolve, reject } = next
    desk.seat.do(request, limitMs, transfer).then(resolve, reject)
  }

  #addDesk(desks: Set<Desk>): Desk {
    const desk: Desk = new Desk(
      (self) =>
        new Seat(this.#threads, this.#limits.memoryMb, {
          free: () => {
            this.#turn(self, desks === this.#steady ? self.waiting : this.#waiting)
            this.#idleSoon(desks, self)
          },
          ended: (cause) => this.#ended(desks, self, cause)
        })
    )
    desks.add(desk)
    return desk
  }

  #ended(desks: Set<Desk>, desk: Desk, { message }: SeatEnded): void {
    clearTimeout(desk.idle)
    desks.delete(desk)
    const neighbours = new SeatEnded("lost", `the thread that it shared has ended: ${message}`)
    for (const { reject } of desk.waiting.splice(0)) reject(neighbours)
    if (!this.#isClosed) this.#turnFree()
  }

  /** A thread that has nothing to do, and no state of anybody, goes after a while. */
  #idleSoon(desks: Set<Desk>, desk: Desk): void {
    clearTimeout(desk.idle)
    if (this.#isClosed || desk.streams > 0 || !desk.seat.isFree) return
    desk.idle = setTimeout(() => {
      desks.delete(desk)
      desk.seat.leave()
    }, this.#limits.idleMs)
  }
}

const closed = new SeatEnded("lost", "the broker was shut down")

type Piscina = import("piscina").Piscina

/** Between what a thread may have and where V8 ends it, and perhaps all of the process. */
const V8_SPARE_MB = 1024

/** Loaded when it is needed first: most brokers never do. */
const startPiscina = async ({ file, maxThreads, memoryMb }: PoolLimits): Promise<Piscina> => {
  const { Piscina } = await import("piscina")
  const piscina = new Piscina({
    filename: file,
    minThreads: 0,
    // Those that are about to end are there a little longer than we know of them.
    maxThreads: maxThreads * 2,
    // A seat is left only when it has been idle for long enough.
    idleTimeout: 0,
    // A thread waits on ports of its own, so it must not sleep on Piscina's.
    atomics: "disabled",
    recordTiming: false,
    trackUnmanagedFds: false,
    // Nothing of the host's environment is any of theirs.
    env: {},
    // Far more than it may have: see `Seat`.
    resourceLimits: { maxOldGenerationSizeMb: memoryMb + V8_SPARE_MB }
  })
  // Of a thread that ends with nothing to do. Whoever had something is told by that.
  piscina.on("error", () => {})
  return piscina
}
