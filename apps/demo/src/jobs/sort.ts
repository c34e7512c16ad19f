import { isSuccess } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { numberLines, pacedInput, toLines } from "./input.ts"
import { expect, type Job } from "./Job.ts"

const SORTS = 8
const LINES = 40_000
const CHUNKS = 80

/** `sort` answers nothing until its input ends. Every line that it was fed must come back, in its place. */
export const sortJobs = (): ReadonlyArray<Job> => {
  const [upwards, downwards] = [toLines(LINES, (at) => at), toLines(LINES, (at) => LINES - 1 - at)]
  return Array.from({ length: SORTS }, (_, index) =>
    index % 2 === 0 ? sortJob([], upwards, 4 + index) : sortJob(["-r"], downwards, 4 + index)
  )
}

const sortJob = (args: ReadonlyArray<string>, expected: string, seconds: number): Job => ({
  name: ["sort", ...args].join(" "),
  group: "sort",
  client: "builder",
  waitsForCrowd: true,
  run: (desk) =>
    Effect.gen(function* () {
      const { exit, stdout } = yield* desk.run("sort", args, {
        input: pacedInput(numberLines(LINES, CHUNKS), seconds, desk.crowd)
      })
      yield* expect(isSuccess(exit) && stdout === expected, "the lines did not come back sorted")
      return `${LINES.toLocaleString("en")} lines, in order`
    })
})
