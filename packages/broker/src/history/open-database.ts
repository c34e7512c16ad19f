/**
 * Opens the database of a history: to write, by the broker's own thread for it, or only to read, by anybody of its user, also
 * while others write.
 *
 * What is committed survives the death of the process. The death of the machine may cost the last commits (`synchronous` is
 * `NORMAL`), and never the database.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { HistoryProblem } from "./HistoryProblem.ts"
import { checkReadable, migrate } from "./migrations.ts"

/** How long a write waits for that of another broker with the same file, or a reader for the first words of a file. */
const BUSY_TIMEOUT_MS = 5000

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants

/** Throws what the system or SQLite throws, or {@link HistoryProblem}. `memory`: by that name, for the threads of this process. */
export const openToWrite = (file: string, where: "file" | "memory"): DatabaseSync => {
  if (where === "file") makeFile(file)
  return open(file, false, (database) => {
    // Before there is anything in it, or never.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    migrate(database)
  })
}

export const openToRead = (file: string, where: "file" | "memory"): DatabaseSync => {
  if (where === "file") closeSync(openFile(file, O_RDONLY))
  return open(file, true, (database) => {
    // In memory a reader would hold up the writer, and the writer a reader.
    if (where === "memory") database.exec("PRAGMA read_uncommitted = 1")
    checkReadable(database)
  })
}

/** What threads of one process call a database that is in no file. */
export const memoryName = (mark: string): string => `file:spawnbroker-${mark}?mode=memory&cache=shared`

const open = (file: string, readOnly: boolean, prepare: (database: DatabaseSync) => void): DatabaseSync => {
  const database = new DatabaseSync(file, { readOnly, timeout: BUSY_TIMEOUT_MS, allowExtension: false })
  try {
    prepare(database)
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

/** Its owner's alone, also where it was there with another mode. SQLite gives the files beside it the same. */
const makeFile = (file: string): void => {
  const fd = openFile(file, O_RDWR | O_CREAT)
  try {
    if ((fstatSync(fd).mode & 0o077) !== 0) fchmodSync(fd, 0o600)
  } finally {
    closeSync(fd)
  }
}

/** No link leads somewhere else, and nothing waits for the other end of a pipe. */
const openFile = (file: string, flags: number): number => {
  const fd = openSync(file, flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new HistoryProblem("it is not a regular file")
}
