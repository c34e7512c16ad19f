import { type DaemonLogLine, MAX_LOG_LINES } from "@spawnbroker/protocol"

/** Length of the lines that are kept of one daemon, all in all. Higher: its logs reach further back. Lower: less memory. */
const MAX_KEPT_LENGTH = 256 * 1024
/** What a line costs beside its text. */
const LINE_LENGTH = 64

export interface LogPage {
  readonly lines: ReadonlyArray<DaemonLogLine>
  readonly cursor: number
  readonly missed: number
}

export interface LogQuery {
  readonly replica?: number | undefined
  readonly cursor?: number | undefined
  readonly tail?: number | undefined
}

/** The last lines of a daemon, of all its replicas and incarnations, in the order in which they came. */
export class LogBook {
  #lines: Array<DaemonLogLine> = []
  #length = 0
  readonly #first: number
  #next: number
  readonly #waiting = new Set<() => void>()

  /** `first`: the number of the first line. */
  constructor(first = 0) {
    this.#first = first
    this.#next = first
  }

  add(line: Omit<DaemonLogLine, "seq">): void {
    this.#lines.push({ seq: this.#next++, ...line })
    this.#length += line.text.length + LINE_LENGTH
    if (this.#length > MAX_KEPT_LENGTH) this.#dropOldest()
    for (const wake of this.#waiting) wake()
  }

  /** Lines that are kept, one page of them. */
  read({ replica, cursor, tail }: LogQuery): LogPage {
    const oldest = this.#lines[0]?.seq ?? this.#next
    const isWanted = (line: DaemonLogLine): boolean => replica === undefined || line.replica === replica
    const from = cursor === undefined ? this.#startOfTail(tail, isWanted) : Math.max(cursor, this.#first)
    const lines: Array<DaemonLogLine> = []
    let at = Math.max(from, oldest)
    for (; at < this.#next && lines.length < MAX_LOG_LINES; at++) {
      const line = this.#lines[at - oldest]!
      if (isWanted(line)) lines.push(line)
    }
    return { lines, cursor: at, missed: Math.max(0, Math.min(oldest, this.#next) - from) }
  }

  /** Calls back for each line that comes, until the answer is called. */
  onLine(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  #startOfTail(tail: number | undefined, isWanted: (line: DaemonLogLine) => boolean): number {
    if (tail === undefined) return this.#lines[0]?.seq ?? this.#next
    let left = tail
    for (let index = this.#lines.length - 1; index >= 0 && left > 0; index--) {
      if (isWanted(this.#lines[index]!) && --left === 0) return this.#lines[index]!.seq
    }
    return tail === 0 ? this.#next : (this.#lines[0]?.seq ?? this.#next)
  }

  /** A quarter at a time, since what is left has to be moved. */
  #dropOldest(): void {
    let gone = 0
    while (this.#length > MAX_KEPT_LENGTH * (3 / 4) && gone < this.#lines.length - 1) {
      this.#length -= this.#lines[gone++]!.text.length + LINE_LENGTH
    }
    this.#lines = this.#lines.slice(gone)
  }
}
