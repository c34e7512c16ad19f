/**
 * A piece of the demo's work: some processes of one client, and what must come of them.
 *
 * Success is a finding in words. Failure says what was not as it should be, or that this machine lacks a command.
 */
import type { ProcessError } from "@spawnbroker/client"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Row } from "../board/Row.ts"
import type { ClientName } from "../policies.ts"
import type { Desk } from "./Desk.ts"

/** What came out is not what should have. */
export class Unexpected extends Data.TaggedError("Unexpected")<{ readonly problem: string }> {}

export type JobError = Unexpected | ProcessError

/** The lines of the summary, in its order. */
export const groups = ["git", "search", "gzip", "sort", "streams", "node", "endings", "environment", "denials"] as const
export type Group = (typeof groups)[number]

export interface Job {
  readonly name: string
  readonly group: Group
  readonly client: ClientName
  /** Whether it holds its processes until those of all such jobs run at once. */
  readonly waitsForCrowd?: true
  readonly run: (desk: Desk) => Effect.Effect<string, JobError, Scope.Scope>
}

export interface JobResult {
  readonly job: Job
  readonly verdict: "right" | "wrong" | "skipped"
  readonly words: string
  /** What was refused, where that was the point of the job. */
  readonly refusals: ReadonlyArray<ProcessError>
  readonly rows: ReadonlyArray<Row>
  readonly durationMs: number
}

export const expect = (condition: boolean, problem: string): Effect.Effect<void, Unexpected> =>
  condition ? Effect.void : Effect.fail(new Unexpected({ problem }))
