import { assert, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterEach, beforeEach } from "vitest"
import type { ProcessEntry } from "../../../src/worker/history/HistoryEntry.ts"
import type { WriterStart } from "../../../src/worker/history/thread-messages.ts"
import { WriterThread } from "../../../src/worker/history/WriterThread.ts"
import { startedAt } from "./started-at.ts"

const worker = fileURLToPath(new URL("../../../src/worker/main.ts", import.meta.url))

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "writer-"))))
afterEach(() => rmSync(directory, { recursive: true }))

const start = (): WriterStart => ({
  role: "history writer",
  file: join(directory, "history.db"),
  where: "file",
  mark: "mark.1",
  previousMark: undefined,
  keep: { maxAgeMs: 1e12, maxRows: 1000, maxBytes: 1e9 },
  secrets: {}
})

const processEntry = (id: string): ProcessEntry => ({ _tag: "Process", id, started: startedAt(Date.now()) })

/** A writer, what is wrong with it, and a promise of so many batches. */
const open = async (file: string, batches: number) => {
  const troubles: Array<string> = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = batches
  const writer = await WriterThread.open(file, start(), {
    written: (count) => {
      left -= count
      if (left === 0) resolve()
    },
    trouble: (problem) => troubles.push(problem)
  })
  return { writer, troubles, written: promise }
}

const ids = (): ReadonlyArray<unknown> => {
  const database = new DatabaseSync(join(directory, "history.db"), { readOnly: true })
  const rows = database.prepare("SELECT id FROM processes ORDER BY n").all()
  database.close()
  return rows.map(({ id }) => id)
}

it("writes what can be written of a batch in which something can never be, and says so", async () => {
  const { writer, troubles, written } = await open(worker, 2)
  writer.write([processEntry("one"), processEntry(null as never), processEntry("two")])
  writer.write([processEntry("three")])
  await written
  await writer.close()
  assert.deepStrictEqual(ids(), ["one", "two", "three"])
  assert.match(troubles[0]!, /NOT NULL/)
})

it("starts its thread again if that ends, and loses nothing of what was under way", async () => {
  // The first one that runs this ends with the first batch, before it is written.
  const failing = join(directory, "failing.ts")
  writeFileSync(
    failing,
    `import { existsSync, writeFileSync } from "node:fs"
import { parentPort } from "node:worker_threads"
const mark = ${JSON.stringify(join(directory, "has-failed"))}
if (!existsSync(mark)) parentPort.once("message", () => { writeFileSync(mark, ""); process.exit(1) })
await import(${JSON.stringify(pathToFileURL(worker).href)})
`
  )
  const { writer, troubles, written } = await open(failing, 2)
  writer.write([processEntry("one")])
  writer.write([processEntry("two")])
  await written
  await writer.close()
  assert.deepStrictEqual(ids(), ["one", "two"])
  assert.isAbove(troubles.length, 0)
})
