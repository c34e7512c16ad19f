import { ByteQueue } from "./ByteQueue.ts"

/** Bytes of one stream that came without a byte of the other in between. */
export interface Run {
  /** Its place among the runs of both streams. */
  readonly turn: number
  byteLength: number
}

/**
 * The runs of one stream, by which two streams that are kept apart can be put together again in the order of their
 * arrival.
 *
 * A run that waits costs two or three bytes, so that a process which says one byte here and one there costs no more than
 * three times what it says.
 */
export class Runs {
  #first: Run | undefined
  #last: Run | undefined
  /** Those between the first and the last: turns since the run before, and length. */
  readonly #waiting = new NumberQueue()
  #lastWaitingTurn = 0

  add(turn: number, byteLength: number): void {
    if (this.#last?.turn === turn) {
      this.#last.byteLength += byteLength
      return
    }
    if (this.#last !== undefined && this.#last !== this.#first) this.#letWait(this.#last)
    this.#last = { turn, byteLength }
    if (this.#first === undefined) {
      this.#first = this.#last
      this.#lastWaitingTurn = turn
    }
  }

  get first(): Run | undefined {
    return this.#first
  }

  /** Forgets the first bytes, so many of them, and the runs that held nothing else. */
  drop(count: number): void {
    for (let left = count; left > 0 && this.#first !== undefined;) {
      const run = this.#first
      const taken = Math.min(left, run.byteLength)
      run.byteLength -= taken
      left -= taken
      if (run.byteLength === 0) this.#first = this.#afterFirst(run)
    }
  }

  #letWait({ turn, byteLength }: Run): void {
    this.#waiting.push(turn - this.#lastWaitingTurn)
    this.#waiting.push(byteLength)
    this.#lastWaitingTurn = turn
  }

  #afterFirst(first: Run): Run | undefined {
    if (first === this.#last) return (this.#last = undefined)
    if (this.#waiting.isEmpty) {
      this.#lastWaitingTurn = this.#last!.turn
      return this.#last
    }
    return { turn: first.turn + this.#waiting.shift(), byteLength: this.#waiting.shift() }
  }
}

/** Whole numbers, those below 128 in one byte: seven bits in each, the lowest first, and a mark that more follow. */
class NumberQueue {
  readonly #bytes = new ByteQueue()

  get isEmpty(): boolean {
    return this.#bytes.byteLength === 0
  }

  push(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes.pushByte((rest % 128) + 128)
    this.#bytes.pushByte(rest)
  }

  shift(): number {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#bytes.shiftByte()
      value += (byte % 128) * weight
      if (byte < 128) return value
    }
  }
}
