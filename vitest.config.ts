import { defineConfig } from "vitest/config"
import { ProgressReporter } from "./scripts/ProgressReporter.ts"

/** Real processes on two busy cores: generous, since a limit here only ends what hangs. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 }

const project = (name: string, include: ReadonlyArray<string>) => ({
  test: { name, include: [...include], pool: "forks" as const, ...patience }
})

export default defineConfig({
  test: {
    // Left alone it takes one worker fewer than there are cores; the tests mostly wait for processes.
    maxWorkers: 2,
    reporters: ["default", new ProgressReporter()],
    projects: [
      project("unit", ["packages/{protocol,broker,client,gateway}/test/**/*.test.ts"]),
      project("conformance", ["packages/testing/test/**/*.test.ts"]),
      project("cli", ["packages/cli/test/**/*.test.ts"]),
      project("demo", ["apps/demo/test/**/*.test.ts"]),
      project("console", ["apps/console/test/**/*.test.ts"]),
      project("bench", ["bench/test/**/*.test.ts"])
    ]
  }
})
