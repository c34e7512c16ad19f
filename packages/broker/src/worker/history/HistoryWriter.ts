/**
 * Writes entries into a history, a batch a transaction. It runs in the history's own thread, which may wait for the disk.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { zstdCompressSync } from "node:zlib"
import { factsOf } from "../../child/process-facts.ts"
import type { Closed, Ended, HistoryEntry, ProcessEntry, Started } from "./HistoryEntry.ts"
import type { RedactBytes } from "./redact-bytes.ts"

/** What of a process still runs, or may have more to tell. */
const UNENDED = "state IN ('running', 'exited')"

export class HistoryWriter {
  readonly #database: DatabaseSync
  readonly #redact: RedactBytes
  readonly #run: number
  readonly #statements: ReturnType<typeof prepare>
  /** Processes written so far. */
  written = 0

  /** `mark`: of this thread's broker, and of the one that it follows on. */
  constructor(database: DatabaseSync, redact: RedactBytes, mark: string, previousMark: string | undefined) {
    this.#database = database
    this.#redact = redact
    this.#statements = prepare(database)
    this.#run = this.#transaction(() => {
      this.#endRuns(mark, previousMark)
      return this.#begin(mark)
    })
  }

  /** All of them, or none. Throws what SQLite throws. To write the same once more changes nothing. */
  write(entries: ReadonlyArray<HistoryEntry>): void {
    this.#transaction(() => {
      for (const entry of entries) this.#write(entry)
    })
  }

  /** Nothing more comes. What is thought to run is known to nobody any more. */
  end(): void {
    this.#transaction(() => this.#endRun(this.#run))
  }

  #write(entry: HistoryEntry): void {
    switch (entry._tag) {
      case "Process":
        return this.#writeProcess(entry)
      case "Token":
        return void this.#statements.token.run(entry.id, this.#run, entry.parent ?? null)
      case "Fact": {
        const { _tag: kind, seq, at, ...rest } = entry.event
        const { subject = null, tokenId = null, id = null } = rest as { readonly [name: string]: string }
        const text = JSON.stringify(entry.event)
        return void this.#statements.fact.run(this.#run, seq, at, kind, subject, tokenId, id, text)
      }
      case "Lost":
        return void this.#statements.lost.run(this.#run, JSON.stringify(entry.living))
    }
  }

  #writeProcess({ id, started, exited, closed }: ProcessEntry): void {
    if (started !== undefined) this.#start(id, started, exited, closed)
    else {
      if (exited !== undefined) this.#statements.exited.run(...endedColumns(exited), id)
      if (closed !== undefined) this.#statements.closed.run(...closedColumns(closed), id)
    }
    for (const { fd, omitted, bytes } of closed?.kept ?? []) {
      const shown = this.#redact(bytes, omitted > 0)
      this.#statements.output.run(fd, omitted, shown.byteLength, zstdCompressSync(shown), id)
    }
  }

  #start(id: string, started: Started, exited: Ended | undefined, closed: Closed | undefined): void {
    this.written++
    const { at, pid, subject, tokenId, operation, command, args, argsOmitted, file, cwd, rule, inherited } = started
    this.#statements.started.run(
      id,
      this.#run,
      tokenId,
      subject,
      operation,
      command,
      JSON.stringify(args),
      argsOmitted ?? null,
      file,
      cwd,
      rule,
      inherited === undefined ? null : JSON.stringify(inherited),
      pid,
      at,
      closed !== undefined ? "closed" : exited !== undefined ? "exited" : "running",
      ...(exited === undefined ? noEnd : endedColumns({ ...exited, ...(closed?.limit && { limit: closed.limit }) })),
      ...(closed === undefined ? noBytes : bytesColumns(closed))
    )
  }

  #begin(mark: string): number {
    const startTime = factsOf("self")?.startTime ?? null
    return Number(this.#statements.run.get(mark, process.pid, startTime, Date.now())!["n"])
  }

  /** Those whose process is gone, and the one that this follows on. Several brokers may write at a time. */
  #endRuns(own: string, previousMark: string | undefined): void {
    for (const { n, mark, pid, pid_start: startTime } of this.#statements.unendedRuns.all()) {
      const hostLives = factsOf(Number(pid))?.startTime === startTime
      if (mark !== own && (mark === previousMark || !hostLives)) this.#endRun(Number(n))
      // Tokens outlive a thread, and no host.
      if (!hostLives) this.#statements.forgetTokens.run(pid!, startTime!)
    }
  }

  #endRun(run: number): void {
    this.#statements.endProcesses.run(run)
    this.#statements.endRun.run(Date.now(), run)
  }

  #transaction<A>(work: () => A): A {
    this.#database.exec("BEGIN IMMEDIATE")
    try {
      const answer = work()
      this.#database.exec("COMMIT")
      return answer
    } catch (cause) {
      // SQLite has done that by itself where the disk is full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK")
      throw cause
    }
  }
}

type Column = string | number | null

const endedColumns = ({ at, durationMs, exit, killedBy, limit, cpuMs, peakRssBytes }: Ended): Array<Column> => [
  at,
  durationMs,
  exit._tag === "Exited" ? exit.code : null,
  exit._tag === "Signaled" ? exit.signal : null,
  killedBy ?? null,
  limit ?? null,
  cpuMs ?? null,
  peakRssBytes ?? null
]
const noEnd: ReadonlyArray<null> = Array(8).fill(null)

const bytesColumns = ({ bytes }: Closed): Array<Column> => [bytes.stdin, bytes.stdout, bytes.stderr]
const noBytes: ReadonlyArray<null> = Array(3).fill(null)

const closedColumns = (closed: Closed): Array<Column> => [...bytesColumns(closed), closed.limit ?? null]

const prepare = (database: DatabaseSync) => {
  const statement = (sql: string): StatementSync => database.prepare(sql)
  return {
    run: statement(
      `INSERT INTO runs (mark, pid, pid_start, started_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (mark) DO UPDATE SET ended_at = NULL RETURNING n`
    ),
    unendedRuns: statement("SELECT n, mark, pid, pid_start FROM runs WHERE ended_at IS NULL"),
    endRun: statement("UPDATE runs SET ended_at = ? WHERE n = ?"),
    endProcesses: statement(
      `UPDATE processes SET state = iif(state = 'exited', 'closed', 'lost') WHERE run = ? AND ${UNENDED}`
    ),
    token: statement("INSERT OR IGNORE INTO tokens (id, run, parent) VALUES (?, ?, ?)"),
    forgetTokens: statement("DELETE FROM tokens WHERE run IN (SELECT n FROM runs WHERE pid = ? AND pid_start IS ?)"),
    started: statement(
      `INSERT INTO processes (id, run, token, subject, operation, command, args, args_omitted, file, cwd, rule, inherited, pid,
         started_at, state, exited_at, duration_ms, code, signal, killed_by, exceeded, cpu_ms, peak_rss_bytes, stdin_bytes,
         stdout_bytes, stderr_bytes)
       VALUES (${Array(26).fill("?").join(", ")}) ON CONFLICT (id) DO NOTHING`
    ),
    exited: statement(
      `UPDATE processes SET state = 'exited', exited_at = ?, duration_ms = ?, code = ?, signal = ?, killed_by = ?, exceeded = ?,
         cpu_ms = ?, peak_rss_bytes = ? WHERE id = ?`
    ),
    closed: statement(
      `UPDATE processes SET state = 'closed', stdin_bytes = ?, stdout_bytes = ?, stderr_bytes = ?,
         exceeded = coalesce(?, exceeded) WHERE id = ?`
    ),
    output: statement(
      "INSERT OR REPLACE INTO outputs (process, fd, omitted, bytes, data) SELECT n, ?, ?, ?, ? FROM processes WHERE id = ?"
    ),
    fact: statement(
      "INSERT OR IGNORE INTO facts (run, seq, at, kind, subject, token, process, event) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    ),
    lost: statement(
      `UPDATE processes SET state = iif(state = 'exited', 'closed', 'lost')
       WHERE run = ? AND ${UNENDED} AND id NOT IN (SELECT value FROM json_each(?))`
    )
  }
}
