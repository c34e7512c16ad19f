import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { readOptions } from "../src/options.ts"
import { type ScenarioName, scenarioNames } from "../src/scenarios/index.ts"
import type { Result } from "../src/report/Result.ts"

const main = join(import.meta.dirname, "../src/main.ts")
const folder = mkdtempSync(join(tmpdir(), "spawnbroker-bench-test-"))
afterAll(() => rmSync(folder, { recursive: true }))

const runBench = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const commands = [{ command: process.execPath, args: true as const }]
    const token = yield* broker.mint({ subject: "test", commands, env: { inherit: ["HOME"] } })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    return yield* client.run(process.execPath, [main, ...args])
  }).pipe(Effect.scoped, Effect.runPromise)

/** Scenarios in which nobody else takes part. */
const ours: ReadonlyArray<ScenarioName> = ["control", "history"]

const readResults = (): ReadonlyArray<Result> => JSON.parse(readFileSync(join(folder, "latest.json"), "utf8")).results

describe("the bench", () => {
  it("measures the control in every scenario but those of what only we have", async () => {
    const { exit, stderr } = await runBench("--quick", "--subjects", "child_process", "--results", folder)
    expect(exit, stderr).toEqual({ _tag: "Exited", code: 0 })
    const measured = new Set(readResults().map(({ scenario }) => scenario))
    expect([...measured]).toEqual(scenarioNames.filter((name) => !ours.includes(name)))
    expect(stderr).toContain("control without child_process: ")
  })

  it("replaces the results of a scenario, keeps those of the others, and draws a plot of each", async () => {
    const before = readResults().filter(({ scenario }) => scenario !== "control")
    const options = ["--quick", "--subjects", "spawnbroker-launcher", "--results", folder]
    const { exit, stdout, stderr } = await runBench("control", ...options)
    expect(exit, stderr).toEqual({ _tag: "Exited", code: 0 })
    expect(stdout).toContain("control: round trip, p50 (µs, less is better)")
    const after = readResults()
    expect(after.filter(({ scenario }) => scenario !== "control")).toEqual(before)
    expect(after.find(({ scenario }) => scenario === "control")).toEqual({
      scenario: "control",
      subject: "spawnbroker-launcher",
      metric: "round trip, p50",
      unit: "µs",
      median: expect.any(Number),
      min: expect.any(Number),
      max: expect.any(Number),
      samples: [expect.any(Number)]
    })
    expect(readdirSync(folder).toSorted()).toEqual(
      ["latest.json", ...scenarioNames.map((name) => `${name}.svg`)].toSorted()
    )
  })

  it("says what there is if it is asked for what there is not", () => {
    expect(() => readOptions(["spawn-speed"])).toThrow(
      "There is no scenario spawn-speed. There are: spawn-rate, spawn-latency, "
    )
    expect(() => readOptions(["--subjects", "zx"])).toThrow("There is no subject zx. There are: child_process, execa, ")
    expect(() => readOptions(["--rounds", "0"])).toThrow("--rounds needs a number from 1 on, not 0.")
  })

  it("keeps no results that are not whole, unless it is told where", () => {
    expect(readOptions(["echo"]).results).toMatch(/bench\/results$/)
    for (const part of [["--quick"], ["--rounds", "1"], ["--subjects", "execa"]]) {
      expect(readOptions(part).results).toBeUndefined()
      expect(readOptions([...part, "--results", "/tmp/there"]).results).toBe("/tmp/there")
    }
  })
})
