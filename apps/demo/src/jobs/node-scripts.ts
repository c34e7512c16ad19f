import { isSuccess } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import type { Places } from "../places.ts"
import { expect, type Job, Unexpected } from "./Job.ts"

const SCRIPTS = 4
const LINES = 50

/** Prints a JSON line every 100 ms: the source of a program that Node runs with `-e`. */
const source = `
let n = 0
const timer = setInterval(() => {
  console.log(JSON.stringify({ n: ++n, pid: process.pid }))
  if (n === ${LINES}) clearInterval(timer)
}, 100)`

/** Scripts that report as they go: every line must be JSON, in order, and from the PID that the broker told. */
export const nodeJobs = ({ node }: Places): ReadonlyArray<Job> =>
  Array.from({ length: SCRIPTS }, (_, index): Job => ({
    name: `JSON lines ${index + 1}`,
    group: "node",
    client: "builder",
    run: (desk) =>
      Effect.gen(function*() {
        const { exit, stdout } = yield* desk.run(node, ["-e", source])
        const lines = yield* Effect.try({
          try: () => stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as { readonly n: unknown }),
          catch: () => new Unexpected({ problem: "a line is not JSON" })
        })
        const inOrder = lines.length === LINES && lines.every(({ n }, at) => n === at + 1)
        yield* expect(isSuccess(exit) && inOrder, `${lines.length} lines came, not 1 to ${LINES} in order`)
        return `${LINES} JSON lines, in order`
      })
  }))
