import { afterAll, assert, describe, it } from "@effect/vitest"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LogFile } from "../../../../src/worker/daemons/logs/LogFile.ts"

const directory = mkdtempSync(join(tmpdir(), "log-file-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const lines = (first: number, count: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: count }, (_, index) => Buffer.from(`line ${first + index}\n`))

const open = (name: string, maxBytes: number, keep: number): Promise<LogFile> =>
  LogFile.open({ path: join(directory, name), maxBytes, keep }, [[directory]])

const read = (name: string): string => readFileSync(join(directory, name), "utf8")

/** The files of a log, the oldest first. */
const filesOf = (name: string): ReadonlyArray<string> => {
  const numberOf = (file: string): number => Number(file.slice(name.length + 1) || 0)
  return readdirSync(directory)
    .filter((file) => file === name || file.startsWith(`${name}.`))
    .toSorted((one, other) => numberOf(other) - numberOf(one))
}

describe("a log file", () => {
  it("loses no line and cuts none when it is rotated, whatever is written at a time", async () => {
    const log = await open("whole", 4096, 1000)
    const total = 20_000
    for (let first = 0; first < total; first += 700) void log.write(lines(first, Math.min(700, total - first)))
    await log.close()
    const files = filesOf("whole")
    assert.isAbove(files.length, 40)
    assert.strictEqual(
      files.map(read).join(""),
      lines(0, total)
        .map((line) => Buffer.from(line).toString())
        .join("")
    )
    for (const file of files) {
      assert.isAtMost(statSync(join(directory, file)).size, 4096)
      assert.isTrue(read(file).endsWith("\n"))
    }
  })

  it("keeps so many older files, the youngest of them", async () => {
    const log = await open("kept", 100, 2)
    for (let index = 0; index < 100; index++) await log.write(lines(index, 1))
    await log.close()
    assert.deepStrictEqual(filesOf("kept"), ["kept.2", "kept.1", "kept"])
    assert.include(read("kept"), "line 99\n")
  })

  it("that keeps none begins anew", async () => {
    const log = await open("none", 100, 0)
    for (let index = 0; index < 100; index++) await log.write(lines(index, 1))
    await log.close()
    assert.deepStrictEqual(filesOf("none"), ["none"])
    assert.isAtMost(read("none").length, 100)
  })

  it("goes on at its end, and is rotated first where it is full already", async () => {
    const once = await open("again", 4096, 1)
    await once.write(lines(1, 1))
    await once.close()
    const twice = await open("again", 4096, 1)
    await twice.write(lines(2, 1))
    await twice.close()
    assert.strictEqual(read("again"), "line 1\nline 2\n")
    writeFileSync(join(directory, "again"), "x".repeat(4096))
    await (await open("again", 4096, 1)).close()
    assert.deepStrictEqual([read("again.1").length, read("again")], [4096, ""])
  })

  it("that somebody has taken away is begun anew with the next rotation", async () => {
    const log = await open("taken", 100, 1)
    await log.write(lines(1, 5))
    rmSync(join(directory, "taken"))
    await log.write(lines(6, 20))
    await log.close()
    assert.include(read("taken"), "line 25\n")
  })
})
