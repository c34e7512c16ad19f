/**
 * Takes away what is too old or too much, the oldest first, a slice at a time: between two of them the thread writes what has
 * come. What still runs is kept.
 */
import type { DatabaseSync } from "node:sqlite"

export interface Keep {
  readonly maxAgeMs: number
  /** Of processes, and of other facts as many. */
  readonly maxRows: number
  /** What the file may have that is in use. */
  readonly maxBytes: number
}

/** Rows that are taken away at a time. Higher: fewer transactions. Lower: the next batch waits less. */
const SLICE_ROWS = 500
/** The same where they are too large: a few may be most of it. */
const SLICE_ROWS_BY_SIZE = 16
/** Pages that are given back to the system at a time. */
const SLICE_PAGES = 256
/** Once there is too much, as much is taken away that it is this part of what there may be: not one row for each new one. */
const TARGET = 0.95

export class Retention {
  readonly #database: DatabaseSync
  readonly #keep: Keep
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync, keep: Keep) {
    this.#database = database
    this.#keep = keep
    this.#statements = prepare(database)
  }

  /** Each step does one slice. */
  *slices(): Generator<void> {
    yield* this.#byAge()
    yield* this.#byCount()
    yield* this.#bySize()
    while (this.#pragma("freelist_count") > 0) {
      const before = this.#pragma("freelist_count")
      this.#database.exec(`PRAGMA incremental_vacuum(${SLICE_PAGES})`)
      yield
      // A database that somebody has made without that keeps its pages, and uses them again.
      if (this.#pragma("freelist_count") >= before) return
    }
  }

  *#byAge(): Generator<void> {
    const before = Date.now() - this.#keep.maxAgeMs
    while (this.#numberOf("oldestProcess") < before) {
      if (this.#takeProcesses(before) === 0) break
      yield
    }
    while (this.#numberOf("oldestFact") < before) {
      if (this.#takeFacts(before) === 0) break
      yield
    }
  }

  *#byCount(): Generator<void> {
    const { maxRows } = this.#keep
    if (this.#numberOf("countProcesses") > maxRows) {
      while (this.#numberOf("countProcesses") > maxRows * TARGET && this.#takeProcesses(Infinity) > 0) yield
    }
    if (this.#numberOf("countFacts") > maxRows) {
      while (this.#numberOf("countFacts") > maxRows * TARGET && this.#takeFacts(Infinity) > 0) yield
    }
    if (this.#numberOf("countTokens") > maxRows) {
      while (this.#numberOf("countTokens") > maxRows * TARGET && this.#takeTokens() > 0) yield
    }
  }

  *#bySize(): Generator<void> {
    const { maxBytes } = this.#keep
    if (this.#usedBytes <= maxBytes) return
    while (this.#usedBytes > maxBytes * TARGET) {
      // Whichever is older, so that both reach back as far.
      const isFact = this.#numberOf("oldestFact") < this.#numberOf("oldestProcess")
      const take = (): number => this.#takeFacts(Infinity, SLICE_ROWS_BY_SIZE)
      const taken = isFact ? take() : this.#takeProcesses(Infinity, SLICE_ROWS_BY_SIZE)
      if (taken === 0 && take() === 0) return
      yield
    }
  }

  #takeProcesses(before: number, count = SLICE_ROWS): number {
    const { outputs, processes } = this.#statements
    this.#database.exec("BEGIN IMMEDIATE")
    try {
      outputs.run(bound(before), count)
      const { changes } = processes.run(bound(before), count)
      this.#database.exec("COMMIT")
      return Number(changes)
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK")
      throw cause
    }
  }

  #takeFacts(before: number, count = SLICE_ROWS): number {
    return Number(this.#statements.facts.run(bound(before), count).changes)
  }

  #takeTokens(): number {
    return Number(this.#statements.tokens.run(SLICE_ROWS).changes)
  }

  get #usedBytes(): number {
    return (this.#pragma("page_count") - this.#pragma("freelist_count")) * this.#pragma("page_size")
  }

  /** `Infinity` for the oldest of nothing. */
  #numberOf(question: "countProcesses" | "countFacts" | "countTokens" | "oldestProcess" | "oldestFact"): number {
    return Number(this.#statements[question].get()?.["answer"] ?? Infinity)
  }

  #pragma(name: "page_count" | "freelist_count" | "page_size"): number {
    return Number(this.#database.prepare(`PRAGMA ${name}`).get()![name])
  }
}

/** As SQLite can have it. */
const bound = (before: number): number => Math.min(before, Number.MAX_SAFE_INTEGER)

/** What has ended of the oldest, so many. */
const oldestEnded = `SELECT n FROM processes
  WHERE state NOT IN ('running', 'exited') AND started_at < ? ORDER BY n LIMIT ?`

const prepare = (database: DatabaseSync) => ({
  outputs: database.prepare(`DELETE FROM outputs WHERE process IN (${oldestEnded})`),
  processes: database.prepare(`DELETE FROM processes WHERE n IN (${oldestEnded})`),
  facts: database.prepare("DELETE FROM facts WHERE n IN (SELECT n FROM facts WHERE at < ? ORDER BY n LIMIT ?)"),
  tokens: database.prepare("DELETE FROM tokens WHERE n IN (SELECT n FROM tokens ORDER BY n LIMIT ?)"),
  countTokens: database.prepare("SELECT count(*) AS answer FROM tokens"),
  countProcesses: database.prepare("SELECT count(*) AS answer FROM processes"),
  countFacts: database.prepare("SELECT count(*) AS answer FROM facts"),
  oldestProcess: database.prepare(
    "SELECT started_at AS answer FROM processes WHERE state NOT IN ('running', 'exited') ORDER BY n LIMIT 1"
  ),
  oldestFact: database.prepare("SELECT at AS answer FROM facts ORDER BY n LIMIT 1")
})
