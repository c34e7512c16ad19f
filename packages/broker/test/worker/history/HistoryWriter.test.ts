import { assert, it } from "@effect/vitest"
import { DatabaseSync } from "node:sqlite"
import { findPage } from "../../../src/history/find-records.ts"
import { migrate } from "../../../src/history/migrations.ts"
import type { HistoryEntry, Started } from "../../../src/worker/history/HistoryEntry.ts"
import { HistoryWriter } from "../../../src/worker/history/HistoryWriter.ts"
import { makeRedactBytes } from "../../../src/worker/history/redact-bytes.ts"
import { makeRedact, REDACTED } from "../../../src/worker/access/make-redact.ts"

const open = (): DatabaseSync => {
  const database = new DatabaseSync(":memory:")
  migrate(database)
  return database
}

const writerOf = (database: DatabaseSync, mark = "m.1", previous?: string): HistoryWriter =>
  new HistoryWriter(database, (bytes) => bytes, mark, previous)

const started: Started = {
  at: 1000,
  pid: 7 as Started["pid"],
  subject: "s",
  tokenId: "0".repeat(16),
  operation: "spawn",
  command: "c",
  args: ["a"],
  file: "/c",
  cwd: "/",
  rule: "commands"
}
const exited = { at: 2000, durationMs: 1000, exit: { _tag: "Signaled", signal: "SIGKILL" }, killedBy: "limit" } as const
const closed = { bytes: { stdin: 1, stdout: 2, stderr: 3 }, limit: "outputBytes", kept: [] } as const

const recordsOf = (database: DatabaseSync) =>
  findPage(database, { viewer: "everybody", query: {}, size: 100, patienceMs: Infinity }).records

it("writes the same record at once and in parts, and once more changes nothing", () => {
  const id = "p-1"
  const whole: ReadonlyArray<HistoryEntry> = [{ _tag: "Process", id, started, exited, closed }]
  const parts: ReadonlyArray<HistoryEntry> = [
    { _tag: "Process", id, started },
    { _tag: "Process", id, exited },
    { _tag: "Process", id, closed }
  ]
  const [one, other] = [open(), open()]
  writerOf(one).write(whole)
  const writer = writerOf(other)
  for (const part of parts) writer.write([part])
  assert.deepStrictEqual(recordsOf(one), recordsOf(other))
  assert.deepInclude(recordsOf(one)[0], { state: "closed", limit: "outputBytes", exit: exited.exit, durationMs: 1000 })
  writer.write(whole)
  assert.deepStrictEqual(recordsOf(other), recordsOf(one))
})

it("writes nothing of a batch of which something cannot be written", () => {
  const database = open()
  const writer = writerOf(database)
  const wrong = { _tag: "Process", id: null as never, started } as const
  assert.throws(() => writer.write([{ _tag: "Process", id: "p-1", started }, wrong]))
  assert.lengthOf(recordsOf(database), 0)
  writer.write([{ _tag: "Process", id: "p-2", started }])
  assert.lengthOf(recordsOf(database), 1)
})

const stateOf = (database: DatabaseSync) =>
  Object.fromEntries(recordsOf(database).map(({ id, state }) => [id, state as string]))

it("knows no end of what ran when its broker ended, or when facts were lost", () => {
  const database = open()
  const first = writerOf(database)
  first.write([
    { _tag: "Process", id: "ran", started },
    { _tag: "Process", id: "had exited", started, exited }
  ])
  // The same process of the system, and so the same PID: only that it follows on the first tells that the first is over.
  const second = writerOf(database, "m.2", "m.1")
  assert.deepStrictEqual(stateOf(database), { ran: "lost", "had exited": "closed" })
  second.write([
    { _tag: "Process", id: "lives", started },
    { _tag: "Process", id: "ended unheard", started },
    { _tag: "Lost", living: ["lives"] }
  ])
  assert.deepInclude(stateOf(database), { lives: "running", "ended unheard": "lost" })
  // Another broker of this process leaves them alone.
  writerOf(database, "n.1")
  assert.deepInclude(stateOf(database), { lives: "running" })
})

it("takes secrets out of bytes that are no text, also one whose beginning has been cut off", () => {
  const redact = makeRedactBytes(makeRedact({ one: "topsecret" }), ["topsecret"], REDACTED)
  const shown = (bytes: ReadonlyArray<number | string>, isCut = false): string =>
    Buffer.from(redact(Buffer.concat(bytes.map((each) => Buffer.from([each].flat() as never))), isCut)).toString(
      "latin1"
    )
  const text = (value: string): ReadonlyArray<number> => [...Buffer.from(value)]
  assert.strictEqual(shown([0xff, ...text("a topsecret b"), 0x80]), "\u00ffa [redacted] b\u0080")
  assert.strictEqual(shown(text("secret b"), true), "[redacted] b")
  assert.strictEqual(shown(text("secret b"), false), "secret b")
  // What is left of it is too short to tell anything.
  assert.strictEqual(shown(text("ret b"), true), "ret b")
})
