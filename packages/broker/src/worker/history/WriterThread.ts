/**
 * The thread that writes the history, as the broker's sees it: it takes batches, and says which are written.
 *
 * One that ends before it was asked to is started again, and gets once more what it has not said that it has written.
 */
import { Worker } from "node:worker_threads"
import type { HistoryEntry } from "./HistoryEntry.ts"
import type { FromWriter, ToWriter, WriterStart } from "./thread-messages.ts"

/** Between the end of a thread and the start of the next. */
const RESTART_MS = 500
/** How long the last batches may take at the end. */
const CLOSE_TIMEOUT_MS = 2000

/** What V8 may take, in MiB. Higher: fewer collections. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 }

export interface WriterListener {
  /** So many batches are written since, the oldest first. */
  readonly written: (batches: number) => void
  readonly trouble: (problem: string) => void
}

export class WriterThread {
  readonly #workerFile: string
  readonly #start: WriterStart
  readonly #listener: WriterListener
  #thread: Worker | undefined
  readonly #unwritten: Array<Extract<ToWriter, { readonly _tag: "Write" }>> = []
  #lastBatch = 0
  #isClosing = false
  #allWritten = (): void => {}

  /** Rejects with what the thread says of why it cannot write. */
  static async open(workerFile: string, start: WriterStart, listener: WriterListener): Promise<WriterThread> {
    const writer = new WriterThread(workerFile, start, listener)
    await writer.#run()
    return writer
  }

  private constructor(workerFile: string, start: WriterStart, listener: WriterListener) {
    this.#workerFile = workerFile
    this.#start = start
    this.#listener = listener
  }

  /** Batches that are not written yet. */
  get underWay(): number {
    return this.#unwritten.length
  }

  write(entries: ReadonlyArray<HistoryEntry>): void {
    const message = { _tag: "Write", batch: ++this.#lastBatch, entries } as const
    this.#unwritten.push(message)
    this.#thread?.postMessage(message)
  }

  /** Waits for what is to be written, as long as that is worth it, and for the thread. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#unwritten.length > 0) {
      const impatience = Promise.withResolvers<void>()
      const timer = setTimeout(impatience.resolve, CLOSE_TIMEOUT_MS)
      await Promise.race([new Promise<void>((resolve) => (this.#allWritten = resolve)), impatience.promise])
      clearTimeout(timer)
    }
    const thread = this.#thread
    if (thread === undefined) return
    const ended = new Promise((resolve) => thread.once("exit", resolve))
    thread.ref()
    thread.postMessage({ _tag: "Close" } satisfies ToWriter)
    const impatience = setTimeout(() => void thread.terminate(), CLOSE_TIMEOUT_MS)
    await ended
    clearTimeout(impatience)
  }

  #run(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const thread = new Worker(this.#workerFile, {
      name: "spawnbroker history",
      workerData: this.#start,
      resourceLimits: LIMITS,
      // SQLite closes its own.
      trackUnmanagedFds: false
    })
    let problem = "its thread ended"
    thread.on("message", (message: FromWriter) => {
      if (message._tag === "Ready") return resolve(this.#ready(thread))
      if (message._tag === "Failed") problem = message.problem
      if (message._tag === "Trouble") this.#listener.trouble(message.problem)
      if (message._tag === "Written") this.#written(message.batch)
    })
    thread.on("error", (cause) => (problem = String(cause)))
    thread.once("exit", () => {
      reject(new Error(problem))
      this.#ended(thread, problem)
    })
    return promise
  }

  #ready(thread: Worker): void {
    this.#thread = thread
    // From here on it keeps nobody alive.
    thread.unref()
    for (const message of this.#unwritten) thread.postMessage(message)
  }

  #written(batch: number): void {
    const count = batch - (this.#unwritten[0]?.batch ?? batch + 1) + 1
    if (count <= 0) return
    this.#unwritten.splice(0, count)
    this.#listener.written(count)
    if (this.#unwritten.length === 0) this.#allWritten()
  }

  #ended(thread: Worker, problem: string): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    if (this.#isClosing) return
    this.#listener.trouble(problem)
    this.#runAgain()
  }

  #runAgain(): void {
    setTimeout(() => {
      if (this.#isClosing) return
      this.#run().catch((cause: Error) => {
        this.#listener.trouble(cause.message)
        this.#runAgain()
      })
    }, RESTART_MS).unref()
  }
}
