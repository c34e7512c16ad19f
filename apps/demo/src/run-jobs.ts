/** Runs all jobs at once, and says of each whether it was as it should be. It knows nothing of screens. */
import type { ClientHandle } from "@spawnbroker/client"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Board } from "./board/Board.ts"
import { Crowd, type Party } from "./jobs/Crowd.ts"
import { Desk } from "./jobs/Desk.ts"
import { type Job, type JobError, type JobResult, Unexpected } from "./jobs/Job.ts"
import type { ClientName } from "./policies.ts"

/** Far above what any job takes, since a slow machine is no mistake. It only ends what hangs. */
const PATIENCE = "2 minutes"

/** Between the starts of two jobs. The table fills up so fast that one can just see it. */
const STAGGER_MS = 12

export type Clients = Readonly<Record<ClientName, ClientHandle>>

/** Runs them, almost in one go. What they find is on the board. `cwd`: where processes run whose job names no directory. */
export const runJobs = (board: Board, clients: Clients, cwd: string): Effect.Effect<void> => {
  const crowd = new Crowd()
  // All join before one starts, or the first would meet nobody and go on.
  const waiting = board.jobs.map((job) => ({ job, party: job.waitsForCrowd === true ? crowd.join() : nobody }))
  return Effect.forEach(
    waiting,
    ({ job, party }, index) =>
      runJob(board, job, new Desk(board, clients[job.client], cwd, party.arrive)).pipe(
        Effect.delay(index * STAGGER_MS),
        Effect.ensuring(party.leave)
      ),
    { concurrency: "unbounded", discard: true }
  )
}

const nobody: Party = { arrive: Effect.void, leave: Effect.void }

const runJob = (board: Board, job: Job, desk: Desk): Effect.Effect<void> =>
  Effect.gen(function* () {
    const startedAt = performance.now()
    const exit = yield* job.run(desk).pipe(
      Effect.scoped,
      Effect.timeoutOrElse({
        duration: PATIENCE,
        orElse: () => Effect.fail(new Unexpected({ problem: `it did not end within ${PATIENCE}` }))
      }),
      Effect.exit
    )
    const { refusals, rows } = desk
    board.finish({ job, ...judge(exit), refusals, rows, durationMs: performance.now() - startedAt })
  })

const judge = (exit: Exit.Exit<string, JobError>): Pick<JobResult, "verdict" | "words"> => {
  if (Exit.isSuccess(exit)) return { verdict: "right", words: exit.value }
  const error = Cause.findErrorOption(exit.cause)
  if (Option.isNone(error)) return { verdict: "wrong", words: Cause.pretty(exit.cause) }
  const reason = reasonToSkip(error.value)
  return reason === undefined
    ? { verdict: "wrong", words: wordsOf(error.value) }
    : { verdict: "skipped", words: reason }
}

/** A command that this machine does not have is nobody's mistake. */
const reasonToSkip = (error: JobError): string | undefined =>
  error._tag === "NotFound" && error.subject === "command" ? `${error.path} is not installed` : undefined

const wordsOf = (error: JobError): string =>
  error._tag === "Unexpected" ? error.problem : `${error.code} ${error._tag}: ${error.message}`
