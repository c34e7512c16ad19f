/** Lines for logs and for terminals that cannot draw: one for each job that ends, and a sign of life between them. */
import * as Effect from "effect/Effect"
import type { JobResult } from "../jobs/Job.ts"
import { cell, fit, formatBytes, formatMs, formatSeconds } from "./format.ts"
import type { Scene, Screen } from "./Screen.ts"

/** How often it says how far it is. */
const SIGN_OF_LIFE_MS = 2000

export const plainScreen: Screen = (scene) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      scene.board.onResult((result) => print(scene, resultLine(result)))
      return setInterval(() => print(scene, progressLine(scene)), SIGN_OF_LIFE_MS)
    }),
    (timer) => Effect.sync(() => clearInterval(timer))
  ).pipe(Effect.asVoid)

const print = ({ board }: Scene, line: string): void => {
  const elapsed = formatSeconds(performance.now() - board.startedAt).padStart(7)
  process.stdout.write(`${elapsed}  ${line}\n`)
}

const verdicts = { right: "ok", wrong: "WRONG", skipped: "skipped" } as const

const resultLine = ({ job, rows, verdict, words }: JobResult): string => {
  const ids = rows.map(({ id }) => id).join(" ")
  return `${cell(ids, 7)} ${cell(job.client, 7)} ${cell(verdicts[verdict], 7)} ${job.name}: ${fit(words, MAX_WORDS)}`
}

/** Long enough for the message of any denial. */
const MAX_WORDS = 300

const progressLine = ({ board, gauge }: Scene): string =>
  `${board.running} running, ${board.results.length} of ${board.jobs.length} jobs done, ` +
  `${formatBytes(gauge.bytesPerSecond)}/s, main thread ${formatMs(gauge.nowMs)} late`
