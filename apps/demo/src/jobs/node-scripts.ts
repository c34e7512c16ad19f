import { isSuccess } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import type { Places } from "../places.ts"
import { expect, type Job, Unexpected } from "./Job.ts"

const SCRIPTS = 4
const LINES = 50

/** Scripts that report as they go: every line must be JSON, and in its place. */
export const nodeJobs = (places: Places): ReadonlyArray<Job> =>
  Array.from({ length: SCRIPTS }, (_, index) => jsonLines(places, 3 + 2 * index))

const jsonLines = ({ node, scripts }: Places, seconds: number): Job => ({
  name: `JSON lines over ${seconds} seconds`,
  group: "node",
  client: "builder",
  run: (desk) =>
    Effect.gen(function* () {
      const { exit, stdout } = yield* desk.run(node, ["json-lines.ts", String(LINES), String(seconds)], {
        cwd: scripts
      })
      const numbers = yield* Effect.try({
        try: () => readNumbers(stdout),
        catch: () => new Unexpected({ problem: "a line is not JSON" })
      })
      const inOrder = numbers.length === LINES && numbers.every((n, at) => n === at + 1)
      yield* expect(isSuccess(exit) && inOrder, `${numbers.length} lines came, not 1 to ${LINES} in order`)
      return `${LINES} JSON lines, in order`
    })
})

const readNumbers = (text: string): ReadonlyArray<unknown> =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly n?: unknown }).n)
