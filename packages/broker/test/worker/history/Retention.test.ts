import { assert, it } from "@effect/vitest"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach } from "vitest"
import { openToWrite } from "../../../src/history/open-database.ts"
import type { HistoryEntry } from "../../../src/worker/history/HistoryEntry.ts"
import { HistoryWriter } from "../../../src/worker/history/HistoryWriter.ts"
import { type Keep, Retention } from "../../../src/worker/history/Retention.ts"
import { startedAt } from "./started-at.ts"

const DAY_MS = 86_400_000
const roomy: Keep = { maxAgeMs: 1000 * DAY_MS, maxRows: 1_000_000, maxBytes: 1e9 }

let directory: string
let database: DatabaseSync
let writer: HistoryWriter
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "retention-"))
  database = openToWrite(join(directory, "history.db"), "file")
  writer = new HistoryWriter(database, (bytes) => bytes, "mark.1", undefined)
})
afterEach(() => {
  database.close()
  rmSync(directory, { recursive: true })
})

/** So many processes, a day apart, the last of them today, and facts beside them. Those of `running` have not ended. */
const fill = (count: number, running: ReadonlySet<number> = new Set(), output = 0): void => {
  const entries = Array.from({ length: count }, (_, index): ReadonlyArray<HistoryEntry> => {
    const at = Date.now() - (count - 1 - index) * DAY_MS
    // What cannot be made smaller by compressing it.
    const bytes = crypto.getRandomValues(new Uint8Array(output))
    const kept = output === 0 ? [] : [{ fd: 1, omitted: 0, bytes }]
    const closed = { bytes: { stdin: 0, stdout: 0, stderr: 0 }, kept }
    const exited = { at, durationMs: 1, exit: { _tag: "Exited", code: 0 } } as const
    return [
      {
        _tag: "Process",
        id: `p-${index}`,
        started: startedAt(at),
        ...(!running.has(index) && { exited, closed })
      },
      { _tag: "Fact", event: { _tag: "TokenMinted", seq: index, at, subject: "s", tokenId: "0".repeat(16) } }
    ]
  })
  writer.write(entries.flat())
}

const retain = (keep: Partial<Keep>): number => [...new Retention(database, { ...roomy, ...keep }).slices()].length

const ids = (): ReadonlyArray<string> =>
  database
    .prepare("SELECT id FROM processes ORDER BY n")
    .all()
    .map(({ id }) => id as string)
const countOf = (table: string): number => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!["n"])

it("takes away what is too old, and what is too much, and nothing that runs", () => {
  fill(10, new Set([0]), 10)
  retain({ maxAgeMs: 5.5 * DAY_MS })
  assert.deepStrictEqual(ids(), ["p-0", "p-4", "p-5", "p-6", "p-7", "p-8", "p-9"])
  assert.strictEqual(countOf("facts"), 6)
  assert.strictEqual(countOf("outputs"), 6)
  writer.write(
    Array.from({ length: 2000 }, (_, index) => ({ _tag: "Process", id: `q-${index}`, started: startedAt(1) }))
  )
  writer.end()
  retain({ maxRows: 1000 })
  assert.isAtMost(countOf("processes"), 1000)
  assert.isAtLeast(countOf("processes"), 400)
  assert.strictEqual(ids().at(-1), "q-1999")
})

it("keeps the size of the file within its bound", () => {
  fill(1000, new Set(), 10_000)
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
  const file = join(directory, "history.db")
  assert.isAbove(statSync(file).size, 10_000_000)
  assert.isAbove(retain({ maxBytes: 2_000_000 }), 1)
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
  assert.isAtMost(statSync(file).size, 2_000_000)
  assert.strictEqual(ids().at(-1), "p-999")
})

it("does nothing where there is nothing to do", () => {
  assert.strictEqual(retain({}), 0)
  fill(3)
  assert.strictEqual(retain({}), 0)
  assert.lengthOf(ids(), 3)
})
