import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { watchMainThread } from "../instruments/main-thread.ts"
import type { Subject } from "../subjects/Subject.ts"
import { commands } from "./commands.ts"
import type { Scenario } from "./Scenario.ts"

const MEBIBYTE = 1024 * 1024

/** A file of so many bytes, put out so many times. */
const sizes = { full: { fileBytes: 64 * MEBIBYTE, times: 16 }, quick: { fileBytes: MEBIBYTE / 4, times: 2 } }

/** Of these lines one in so many is asked for. */
const WANTED_EVERY = 100

export const transform: Scenario<"rate" | "busy"> = {
  title: "1 GiB of JSON lines, all of them parsed, one in a hundred wanted",
  ballasts: ["small heap"],
  seconds: 60,
  metrics: {
    rate: { label: "rate", unit: "MiB/s", better: "more" },
    busy: { label: "main thread busy", unit: "%", better: "less" }
  },
  warmUp: (subject) => withRecords(sizes.quick.fileBytes, ({ file }) => read(subject, [file])),
  measure: (subject, size) => {
    const { fileBytes, times } = sizes[size]
    return withRecords(fileBytes, async ({ file, wanted }) => {
      let counted = 0
      const { elapsedMs, busyPercent } = await watchMainThread(async () => {
        counted = await read(
          subject,
          Array.from({ length: times }, () => file)
        )
      })
      if (counted !== wanted * times) throw new Error(`${counted} records came instead of ${wanted * times}`)
      return { rate: (fileBytes * times) / MEBIBYTE / (elapsedMs / 1000), busy: busyPercent }
    })
  }
}

const read = ({ readErrors }: Subject, files: ReadonlyArray<string>): Promise<number> => {
  if (readErrors === undefined) throw new Error("this subject has no way to read records")
  return readErrors(commands.cat, files)
}

interface Records {
  readonly file: string
  /** How many of them are wanted. */
  readonly wanted: number
}

/** A file of records, as a program that logs writes them, for as long as it is used. */
const withRecords = async <A>(bytes: number, use: (records: Records) => Promise<A>): Promise<A> => {
  const directory = mkdtempSync(join(tmpdir(), "spawnbroker-bench-"))
  try {
    const file = join(directory, "records.ndjson")
    const lines: Array<string> = []
    for (let length = 0; length < bytes; length += lines.at(-1)!.length) lines.push(recordOf(lines.length))
    writeFileSync(file, lines.join(""))
    return await use({ file, wanted: Math.ceil(lines.length / WANTED_EVERY) })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const recordOf = (id: number): string => {
  const level = id % WANTED_EVERY === 0 ? "error" : "info"
  const request = { method: "GET", path: `/items/${id}`, status: 200, tags: ["a", "b"] }
  return `${JSON.stringify({ id, level, at: 1_700_000_000_000 + id, message: `request ${id} was answered`, request })}\n`
}
