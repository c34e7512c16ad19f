import * as Schema from "effect/Schema"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Report } from "../../src/compare/Report.ts"
import { compareReports } from "../../src/compare/table.ts"
import { OUTPUT_BYTES, SPAWNS } from "../../src/compare/work.ts"
import { source, withNode } from "../run-demo.ts"

const decodeReport = Schema.decodeUnknownSync(Schema.fromJsonString(Report))

describe("a host of the comparison", () => {
  it.each(["baseline", "brokered"])("%s does all the work and reports what it cost", async (host) => {
    const { exit, stdout, stderr } = await withNode((client) =>
      client.run(process.execPath, [join(source, "compare", `${host}.ts`), "64"])
    )
    expect(exit).toEqual({ _tag: "Exited", code: 0 })
    const report = decodeReport(stdout)
    expect(report).toMatchObject({ spawns: SPAWNS, outputBytes: OUTPUT_BYTES })
    expect(report.heapBytes).toBeGreaterThan(64 * 1024 * 1024)
    expect(stderr).toContain(`${SPAWNS} commands are done`)
  })
})

describe("the comparison", () => {
  it("names the longest stalls of both", () => {
    const report: Report = {
      heapBytes: 2 ** 30,
      longestStallMs: 2000,
      p99Ms: 20,
      busy: 0.99,
      spawns: 404,
      outputBytes: 1e8,
      durationMs: 3000
    }
    const text = compareReports({ baseline: report, brokered: { ...report, longestStallMs: 12 } }).join("\n")
    expect(text).toMatch(/longest stall +2,000 ms +12 ms/)
  })
})
