/** The history's own thread: writes what the broker's thread sends, and takes away what is too much. */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises"
import { parentPort } from "node:worker_threads"
import { makeRedact, MIN_REDACTED_LENGTH, REDACTED } from "../access/make-redact.ts"
import type { HistoryEntry } from "./HistoryEntry.ts"
import { problemOf } from "../../history/HistoryProblem.ts"
import { HistoryWriter } from "./HistoryWriter.ts"
import { openToWrite } from "../../history/open-database.ts"
import { makeRedactBytes } from "./redact-bytes.ts"
import { Retention } from "./Retention.ts"
import type { FromWriter, ToWriter, WriterStart } from "./thread-messages.ts"

/** Between a failure and the next try. Longer: more has to be held meanwhile. */
const RETRY_MS = 500
/** How often is looked whether anything is too old, or too much. Longer: more is there that should not be. */
const RETAIN_MS = 60_000
/** Processes after which it is looked sooner. */
const RETAIN_PROCESSES = 2000

const port = parentPort!
const tell = (message: FromWriter): void => port.postMessage(message)

export const writeHistory = ({ file, where, mark, previousMark, keep, secrets }: WriterStart): void => {
  const database = openToWrite(file, where)
  const writer = new HistoryWriter(database, redactBytes(secrets), mark, previousMark)
  const retention = new Retention(database, keep)
  const waiting: Array<Extract<ToWriter, { readonly _tag: "Write" }>> = []
  let isBusy = false
  let isClosing = false

  const close = (): void => {
    clearInterval(timer)
    try {
      if (waiting.length === 0) writer.end()
      database.close()
    } finally {
      port.close()
    }
  }

  const work = async (): Promise<void> => {
    isBusy = true
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (await writeUntilWell(next.entries)) tell({ _tag: "Written", batch: next.batch })
      else break
      waiting.shift()
    }
    isBusy = false
    if (isClosing) close()
    else if (writer.written - retainedAt >= RETAIN_PROCESSES) void retain()
  }

  const writeUntilWell = async (entries: ReadonlyArray<HistoryEntry>): Promise<boolean> => {
    for (let isNew = true; ; isNew = false) {
      try {
        writer.write(entries)
        return true
      } catch (cause) {
        if (isNew) tell({ _tag: "Trouble", problem: problemOf(cause) })
        if (isMistake(cause)) return writeOneByOne(entries)
        if (isClosing) return false
        await sleep(RETRY_MS)
      }
    }
  }

  /** All but those that can never be written: the others must not wait for them. */
  const writeOneByOne = (entries: ReadonlyArray<HistoryEntry>): true => {
    for (const entry of entries) {
      try {
        writer.write([entry])
      } catch (cause) {
        tell({ _tag: "Trouble", problem: problemOf(cause) })
      }
    }
    return true
  }

  let retainedAt = 0
  let isRetaining = false
  const retain = async (): Promise<void> => {
    if (isRetaining) return
    isRetaining = true
    retainedAt = writer.written
    try {
      for (const _ of retention.slices()) {
        await nextTurn()
        if (isClosing) break
      }
    } catch (cause) {
      // A full disk. What has come is written all the same, or waits.
      if (!isClosing) tell({ _tag: "Trouble", problem: problemOf(cause) })
    }
    isRetaining = false
  }

  const timer = setInterval(() => void retain(), RETAIN_MS).unref()
  port.on("message", (message: ToWriter) => {
    if (message._tag === "Write") waiting.push(message)
    else isClosing = true
    if (!isBusy) void work()
  })
  tell({ _tag: "Ready" })
  void retain()
}

/** Results of SQLite that an entry itself brings about, as only a mistake of ours could: CONSTRAINT, MISMATCH, TOOBIG. */
const mistakes: ReadonlySet<unknown> = new Set([18, 19, 20])

const isMistake = (cause: unknown): boolean => {
  const { errcode } = cause as { readonly errcode?: number }
  // The lowest byte says which; the rest, more of it.
  return errcode === undefined || mistakes.has(errcode & 0xff)
}

/** Each byte is a character here, as it is in what is looked for. */
const redactBytes = (secrets: WriterStart["secrets"]) => {
  const inBytes = Object.entries(secrets).map(([name, value]) => [name, Buffer.from(value).toString("latin1")] as const)
  const looked = inBytes.map(([, value]) => value).filter((value) => value.length >= MIN_REDACTED_LENGTH)
  return makeRedactBytes(makeRedact(Object.fromEntries(inBytes)), looked, REDACTED)
}
