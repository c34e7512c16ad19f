import type { RunResult } from "@spawnbroker/client"
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { runDemo } from "./run-demo.ts"

/** What a machine without git still has. */
const tools = ["env", "gzip", "sort", "sh", "find", "grep", "head", "wc", "cat", "sleep", "true"]

const bin = mkdtempSync(join(tmpdir(), "spawnbroker-demo-test-"))
let demo: RunResult
let withoutGit: RunResult

beforeAll(async () => {
  for (const tool of tools) symlinkSync(whereIs(tool), join(bin, tool))
  ;[demo, withoutGit] = await Promise.all([runDemo(), runDemo([], { path: bin })])
}, 240_000)

afterAll(() => rmSync(bin, { recursive: true }))

describe("the demo", () => {
  it("ends with exit code 0, and says that all was as it should be", () => {
    expect(demo.stdout).toContain("All was as it should be")
    expect(demo.exit).toEqual({ _tag: "Exited", code: 0 })
    expect(demo.stderr).toBe("")
  })

  it("has at least 40 processes running at once", () => {
    const peak = /(\d+) of them at once at the peak/.exec(demo.stdout)
    expect(Number(peak?.[1])).toBeGreaterThanOrEqual(40)
  })

  it.each(["commands", "commands[0].args", "deny[0]", "env.set", "cwd", "stdio.inherit"])(
    "shows a denial with code 4001 that names the rule %s",
    (rule) => {
      const denials = demo.stdout.split("\n").filter((line) => line.includes("4001"))
      expect(denials.join("\n")).toContain(`\`${rule}\``)
    }
  )

  it("shows that the client without environment access does not get the host's secret", () => {
    expect(demo.stdout).toMatch(/reader +ok +the reader does not get the host's secret: DEMO_SECRET is absent/)
    expect(demo.stdout).toMatch(/builder +ok +the builder gets what its policy names: DEMO_SECRET is there/)
  })

  it.each([
    "gzip round trip",
    "sort",
    "JSON lines",
    "killed",
    "times out",
    "exits with 3",
    "dies by a signal",
    "find and grep agree"
  ])("does what was promised: %s", (name) => {
    const lines = demo.stdout.split("\n").filter((line) => /^ *[\d.]+ s {2}/.test(line) && line.includes(name))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatch(/ ok /)
  })

  it("leaves no process behind", () => {
    expect(demo.stdout).toContain("no process was left behind")
  })

  it("prints plain lines where there is no terminal", () => {
    expect(demo.stdout).not.toContain("\u001B")
  })
})

describe("the demo on a machine without git", () => {
  it("skips what needs it, says so, and does all the rest", () => {
    expect(withoutGit.stdout).toContain("skipped: builder, git log --oneline: git is not installed")
    expect(withoutGit.stdout).toContain("All was as it should be")
    expect(withoutGit.exit).toEqual({ _tag: "Exited", code: 0 })
  })
})

const whereIs = (tool: string): string => {
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((directory) => join(directory, tool))
    .find(existsSync)
  if (found === undefined) throw new Error(`${tool} is not on the PATH`)
  return found
}
