import { assert, describe, it } from "@effect/vitest"
import type { BusEvent } from "@spawnbroker/protocol"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { basename } from "node:path"
import { AuditLog } from "../../../src/worker/audit/AuditLog.ts"
import { makeScratch } from "../access/scratch.ts"

const openLog = async (file: string, options: { readonly maxBytes?: number; readonly keep?: number } = {}) => {
  const log = await AuditLog.open({ file, maxBytes: options.maxBytes ?? 2 ** 24, keep: options.keep ?? 5 })
  const logged: Array<string> = []
  log.listenTo({ log: (level, message) => logged.push(`${level}: ${message}`), failed: () => logged.push("failed") })
  return { log, logged }
}

const eventOf = (seq: number): BusEvent => ({
  _tag: "ClientConnected",
  seq,
  at: seq,
  subject: "s",
  tokenId: "0123456789abcdef"
})

const take = (log: AuditLog, from: number, count: number): void => {
  for (let seq = from; seq < from + count; seq++) log.take(eventOf(seq))
}

const linesOf = (file: string): ReadonlyArray<any> =>
  readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))

const numbersOf = (file: string): ReadonlyArray<number> =>
  linesOf(file).flatMap(({ seq }) => (seq === undefined ? [] : [seq]))

const range = (from: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, at) => from + at)

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe("the audit file", () => {
  it("has a line for each fact, in order, between its first and its last, for its owner alone", async () => {
    const file = makeScratch().path("audit.jsonl")
    const { log, logged } = await openLog(file)
    take(log, 1, 10_000)
    await log.close()
    const lines = linesOf(file)
    assert.deepInclude(lines[0], { v: 1, _tag: "AuditStarted", pid: process.pid })
    assert.deepInclude(lines.at(-1), { v: 1, _tag: "AuditStopped" })
    assert.deepStrictEqual(numbersOf(file), range(1, 10_000))
    assert.deepStrictEqual(lines[1], { v: 1, ...eventOf(1) })
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
    assert.deepStrictEqual(logged, [])
  })

  it.each([
    ["half a line", '{"v":1,"_tag":"ProcessStarted","seq', ""],
    ["the beginning of a line", '{"v', ""],
    ["somebody else's text", "notes", "notes\n"],
    ["a line that is longer than any of ours", "x".repeat(300_000), `${"x".repeat(300_000)}\n`]
  ])("has whole lines after %s that was left in it", async (_kind, left, kept) => {
    for (const before of ["", "{}\n"]) {
      const file = makeScratch().path("audit.jsonl")
      writeFileSync(file, before + left)
      const { log } = await openLog(file, { maxBytes: 2 ** 20 })
      take(log, 1, 3)
      await log.close()
      const text = readFileSync(file, "utf8")
      assert.isTrue(text.startsWith(before + kept + '{"v":1,"_tag":"AuditStarted"'))
    }
  })

  it("is written without being closed, a moment later", async () => {
    const file = makeScratch().path("audit.jsonl")
    const { log } = await openLog(file)
    take(log, 1, 3)
    await until(() => numbersOf(file).length === 3)
    take(log, 4, 1)
    await until(() => numbersOf(file).length === 4)
    await log.close()
  })

  it("is appended to where it is there, and then is for its owner alone, too", async () => {
    const file = makeScratch().path("audit.jsonl")
    writeFileSync(file, "before\n", { mode: 0o644 })
    chmodSync(file, 0o644)
    const { log } = await openLog(file)
    await log.close()
    assert.match(readFileSync(file, "utf8"), /^before\n\{"v":1,"_tag":"AuditStarted"/)
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
  })

  it.each([
    ["a link", "ELOOP", (file: string) => symlinkSync(`${file}.target`, file)],
    ["a directory", "EISDIR", (file: string) => mkdirSync(file)]
  ])("is not %s", async (_kind, code, make) => {
    const file = makeScratch().path("audit.jsonl")
    make(file)
    const error = await AuditLog.open({ file, maxBytes: 4096, keep: 1 }).catch((cause: unknown) => cause)
    assert.strictEqual((error as NodeJS.ErrnoException).code, code)
    assert.isFalse(existsSync(`${file}.target`))
  })

  it("is no device", async () => {
    const error = await AuditLog.open({ file: "/dev/full", maxBytes: 4096, keep: 1 }).catch((cause: unknown) => cause)
    assert.match(String(error), /not a regular file/)
    assert.notStrictEqual(lstatSync("/dev/full").mode & 0o777, 0o600)
  })

  it("is rotated by size: every line is in one of the files, none is larger, and so many are kept", async () => {
    const scratch = makeScratch()
    const file = scratch.path("audit.jsonl")
    const maxBytes = 4096
    const { log } = await openLog(file, { maxBytes, keep: 3 })
    // In batches that are larger than a file, and smaller.
    take(log, 1, 500)
    for (let seq = 501; seq <= 700; seq++) {
      take(log, seq, 1)
      if (seq % 20 === 0) await new Promise(setImmediate)
    }
    await log.close()
    const names = readdirSync(scratch.root)
      .map((name) => basename(name))
      .toSorted()
    assert.deepStrictEqual(names, ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2", "audit.jsonl.3"])
    for (const name of names) {
      assert.isAtMost(statSync(scratch.path(name)).size, maxBytes)
      assert.strictEqual(statSync(scratch.path(name)).mode & 0o777, 0o600)
    }
    const numbers = names.toReversed().flatMap((name) => numbersOf(scratch.path(name)))
    assert.isAbove(numbers.length, 100)
    assert.deepStrictEqual(numbers, range(701 - numbers.length, numbers.length))
  })

  it("keeps no other file where that is asked for", async () => {
    const scratch = makeScratch()
    const { log } = await openLog(scratch.path("audit.jsonl"), { maxBytes: 4096, keep: 0 })
    take(log, 1, 200)
    await log.close()
    assert.deepStrictEqual(readdirSync(scratch.root), ["audit.jsonl"])
    assert.strictEqual(numbersOf(scratch.path("audit.jsonl")).at(-1), 200)
  })

  it("grows where it cannot be rotated, and says so", async () => {
    const scratch = makeScratch()
    const file = scratch.path("audit.jsonl")
    mkdirSync(`${file}.1/in/the/way`, { recursive: true })
    const { log, logged } = await openLog(file, { maxBytes: 4096, keep: 1 })
    take(log, 1, 300)
    await log.close()
    assert.deepStrictEqual(numbersOf(file), range(1, 300))
    assert.match(logged[0]!, /cannot be rotated, and grows/)
    assert.notInclude(logged, "failed")
  })

  it("is begun anew where somebody has taken it away", async () => {
    const file = makeScratch().path("audit.jsonl")
    const { log } = await openLog(file)
    rmSync(file)
    take(log, 1, 1)
    await until(() => existsSync(file))
    take(log, 2, 1)
    await log.close()
    assert.deepStrictEqual(numbersOf(file), [2])
  })
})
