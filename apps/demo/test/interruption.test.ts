import { ExitStatus } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { source, withNode } from "./run-demo.ts"

/** Sends a signal once a line has come, and answers how the demo ended and what it said. */
const interrupt = (
  signal: "SIGINT" | "SIGTERM",
  at: RegExp
): Promise<{ readonly exit: ExitStatus; readonly lines: ReadonlyArray<string> }> =>
  withNode((client) =>
    Effect.scoped(
      Effect.gen(function* () {
        const demo = yield* client.spawn(process.execPath, [join(source, "main.ts")], { stdin: "ignore" })
        const signalOnce = Effect.runSync(Effect.cached(demo.kill({ signal })))
        const lines = yield* demo.stdoutLines.pipe(
          Stream.tap((line) => (at.test(line) ? signalOnce : Effect.void)),
          Stream.runCollect
        )
        return { exit: yield* demo.exit, lines }
      })
    )
  )

describe("an interrupted demo", () => {
  it.each([
    ["SIGINT", "before the broker has started", /Starting a broker/, 130],
    ["SIGINT", "while processes run", /[1-9]\d* running/, 130],
    ["SIGTERM", "while processes run", /[1-9]\d* running/, 143]
  ] as const)("by %s %s ends at once and leaves none behind", async (signal, _when, at, code) => {
    const { exit, lines } = await interrupt(signal, at)
    expect(lines.at(-1)).toMatch(/^Stopped\. Of \d+ processes that were started none is left\.$/)
    expect(exit).toEqual({ _tag: "Exited", code })
  })
})
