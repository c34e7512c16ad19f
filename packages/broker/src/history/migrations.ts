/**
 * The tables of a history, as a list of steps. The version of a database (`user_version`) is how many of them it has had.
 * A step that has been released is never changed: what is to be different is another step.
 *
 * | table | a row for |
 * |---|---|
 * | `runs` | each thread of a broker that has written here |
 * | `tokens` | each token that has done anything, with the one that it was derived from |
 * | `processes` | each process, by the order in which they were started |
 * | `outputs` | what is kept of each output of a process, compressed by zstd |
 * | `facts` | each decision that came to no process, and what became of clients and tokens |
 */
import type { DatabaseSync } from "node:sqlite"
import { HistoryProblem } from "./HistoryProblem.ts"

/** By which a database is known for a history. `SPBH`. */
const APPLICATION_ID = 0x53504248

const steps: ReadonlyArray<string> = [
  `
  CREATE TABLE runs (
    n INTEGER PRIMARY KEY,
    mark TEXT NOT NULL UNIQUE,
    pid INTEGER NOT NULL,
    pid_start INTEGER,
    started_at REAL NOT NULL,
    ended_at REAL
  ) STRICT;
  CREATE TABLE tokens (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run INTEGER NOT NULL, parent TEXT) STRICT;
  CREATE INDEX tokens_by_parent ON tokens (parent);
  CREATE TABLE processes (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    token TEXT NOT NULL,
    subject TEXT NOT NULL,
    operation TEXT NOT NULL,
    command TEXT NOT NULL,
    args TEXT NOT NULL,
    args_omitted INTEGER,
    file TEXT NOT NULL,
    cwd TEXT NOT NULL,
    rule TEXT NOT NULL,
    inherited TEXT,
    pid INTEGER NOT NULL,
    started_at REAL NOT NULL,
    state TEXT NOT NULL,
    exited_at REAL,
    duration_ms REAL,
    code INTEGER,
    signal TEXT,
    killed_by TEXT,
    exceeded TEXT,
    stdin_bytes INTEGER,
    stdout_bytes INTEGER,
    stderr_bytes INTEGER,
    cpu_ms REAL,
    peak_rss_bytes INTEGER
  ) STRICT;
  CREATE INDEX processes_unended ON processes (run) WHERE state IN ('running', 'exited');
  CREATE TABLE outputs (
    process INTEGER NOT NULL,
    fd INTEGER NOT NULL,
    omitted INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (process, fd)
  ) STRICT;
  CREATE TABLE facts (
    n INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    token TEXT,
    process TEXT,
    event TEXT NOT NULL,
    UNIQUE (run, seq)
  ) STRICT;
  `
]

/** The version that this code reads and writes. */
const VERSION = steps.length

/** Brings a database to the version that this code writes. A new one gets everything. */
export const migrate = (database: DatabaseSync): void => {
  checkVersion(database)
  if (versionOf(database) === VERSION) return
  database.exec("BEGIN IMMEDIATE")
  try {
    // Another broker may have been faster.
    for (const step of steps.slice(versionOf(database))) database.exec(step)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`)
    database.exec("COMMIT")
  } catch (cause) {
    database.exec("ROLLBACK")
    throw cause
  }
}

/** Throws for what is no history, or one of a version that this code does not know. */
export const checkVersion = (database: DatabaseSync): void => {
  const version = versionOf(database)
  if (numberOf(database, "application_id") !== APPLICATION_ID && !isEmpty(database)) {
    throw new HistoryProblem("it is the database of another program; name another file")
  }
  if (version > VERSION) {
    throw new HistoryProblem(
      `a newer Spawnbroker has written it (version ${version}, and this one knows ${VERSION} at most); use that one, or name another file`
    )
  }
}

/** Throws for a history that this code could write, and not read as it is. */
export const checkReadable = (database: DatabaseSync): void => {
  checkVersion(database)
  const version = versionOf(database)
  if (version < VERSION) {
    throw new HistoryProblem(
      `it is of version ${version}, and this Spawnbroker reads ${VERSION}; a broker that writes it brings it there`
    )
  }
}

const versionOf = (database: DatabaseSync): number => numberOf(database, "user_version")

const isEmpty = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined

const numberOf = (database: DatabaseSync, pragma: "application_id" | "user_version"): number =>
  Number(database.prepare(`PRAGMA ${pragma}`).get()![pragma])
