/**
 * One input stream of a child, and those who write to it: what clients send within their credit, handed on in the order in
 * which it comes.
 */
import { INPUT_CREDIT_BYTES, returnThreshold } from "@spawnbroker/protocol"
import type { InputBudget } from "../limits/InputBudget.ts"
import type { ByteSink } from "../spawn/Spawner.ts"

export interface WriterListener {
  /** The child's pipe has taken so many bytes. */
  readonly credit: (bytes: number) => void
  /**
   * The child reads no more, or another writer has ended the stream. With a `limit` it is given no more, since that is all the
   * bytes that it may be given, and what was over was not taken.
   */
  readonly closed: (errno: string | undefined, limit?: number) => void
}

export class Input {
  readonly #sink: ByteSink
  readonly #writers = new Map<Writer, WriterListener>()
  readonly #budget: InputBudget | undefined
  #over = false
  #isRefused = false
  #closed: { readonly errno: string | undefined } | undefined
  /** Bytes that the child's pipe has taken. */
  totalBytes = 0
  /** Bytes that it has not, and may still. */
  waitingBytes = 0

  constructor(sink: ByteSink, budget?: InputBudget) {
    this.#sink = sink
    this.#budget = budget
    sink.onClosed((errno) => this.#close(errno))
  }

  /** Somebody who may write, with a credit of his own. */
  open(listener: WriterListener): Writer {
    const writer = new Writer(this, listener)
    this.#writers.set(writer, listener)
    if (this.#closed !== undefined) listener.closed(this.#closed.errno)
    else if (this.#isRefused) listener.closed(undefined, this.#budget!.maximum)
    return writer
  }

  /** Nothing more is taken. */
  get isOver(): boolean {
    return this.#over || this.#isRefused
  }

  /** He writes no more, which does not end the stream. */
  leave(writer: Writer): void {
    this.#writers.delete(writer)
  }

  write(chunk: Uint8Array, taken: () => void): void {
    const size = this.#budget?.take(chunk.byteLength) ?? chunk.byteLength
    const allowed = size === chunk.byteLength ? chunk : chunk.subarray(0, size)
    if (size > 0) {
      this.waitingBytes += size
      this.#sink.write(allowed, () => {
        this.waitingBytes -= size
        this.totalBytes += size
        taken()
      })
    }
    if (size < chunk.byteLength) this.#refuse(this.#budget!.maximum)
  }

  /**
   * End of input, after all that has been written. Whoever else still writes hears that nobody reads.
   *
   * Where something was refused it does not come by a writer, who may not know that yet: nobody must take what is there for all.
   */
  end(by?: Writer): void {
    if (this.#over || (by !== undefined && this.#isRefused)) return
    this.#over = true
    this.#sink.end()
    this.#closed ??= { errno: undefined }
    for (const [writer, listener] of this.#writers) if (writer !== by) listener.closed(undefined)
  }

  destroy(): void {
    this.#over = true
    this.#sink.destroy()
  }

  #refuse(maximum: number): void {
    this.#isRefused = true
    for (const listener of this.#writers.values()) listener.closed(undefined, maximum)
  }

  #close(errno: string | undefined): void {
    this.#over = true
    this.#closed ??= { errno }
    for (const listener of this.#writers.values()) listener.closed(errno)
  }
}

/** One client's right to write, and its credit. */
export class Writer {
  readonly #input: Input
  readonly #listener: WriterListener
  #credit = INPUT_CREDIT_BYTES
  #taken = 0

  constructor(input: Input, listener: WriterListener) {
    this.#input = input
    this.#listener = listener
  }

  /** Answers false if the client has sent more than its credit: a breach, after which the stream is closed. */
  write(chunk: Uint8Array): boolean {
    const size = chunk.byteLength
    // An empty one would cost no credit, and still wait in memory.
    if (size === 0 || this.#input.isOver) return true
    this.#credit -= size
    if (this.#credit < 0) {
      this.#input.destroy()
      return false
    }
    this.#input.write(chunk, () => this.#took(size))
    return true
  }

  end(): void {
    this.#input.end(this)
  }

  leave(): void {
    this.#input.leave(this)
  }

  #took(bytes: number): void {
    this.#taken += bytes
    if (this.#taken < returnThreshold(INPUT_CREDIT_BYTES)) return
    this.#credit += this.#taken
    this.#listener.credit(this.#taken)
    this.#taken = 0
  }
}
