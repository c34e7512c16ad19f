/**
 * What the demo knows of its work at this moment: a row for each process, the verdict on each job.
 *
 * It is written by the jobs and read by the screens, all on the main thread. Rows are changed in place, so that a
 * screen may look as often as it likes and costs nothing when it does not.
 */
import type { Job, JobResult } from "../jobs/Job.ts"
import type { ClientName } from "../policies.ts"
import { isLive, type Row, type RowState } from "./Row.ts"

/** What a screen that prints as things happen wants to hear of. */
export type Listener = (result: JobResult) => void

export class Board {
  readonly rows: Array<Row> = []
  readonly results: Array<JobResult> = []
  /** The most processes that ran at one moment. */
  peak = 0
  bytes = 0
  readonly jobs: ReadonlyArray<Job>
  readonly startedAt = performance.now()
  #running = 0
  readonly #listeners: Array<Listener> = []

  readonly #pids: Set<number>

  /** `pids` gets the PID of each process that is started: the leader of its group. */
  constructor(jobs: ReadonlyArray<Job>, pids: Set<number>) {
    this.jobs = jobs
    this.#pids = pids
  }

  get running(): number {
    return this.#running
  }

  onResult(listener: Listener): void {
    this.#listeners.push(listener)
  }

  addRow(client: ClientName, command: string): Row {
    const id = `${client[0]}${String(this.rows.filter((row) => row.client === client).length + 1).padStart(2, "0")}`
    const row: Row = {
      id,
      client,
      command,
      startedAt: performance.now(),
      state: { _tag: "Starting" },
      mark: "open",
      bytes: 0,
      endedAt: undefined
    }
    this.rows.push(row)
    return row
  }

  /** Moves a row on. One that has ended stays as it is: the first end is the true one. */
  setState(row: Row, state: RowState): void {
    if (!isLive(row)) return
    if (row.state._tag === "Running") this.#running -= 1
    row.state = state
    if (state._tag === "Running") {
      this.#running += 1
      this.#pids.add(state.pid)
      this.peak = Math.max(this.peak, this.#running)
    }
    if (!isLive(row)) row.endedAt = performance.now()
  }

  addBytes(row: Row, bytes: number): void {
    row.bytes += bytes
    this.bytes += bytes
  }

  finish(result: JobResult): void {
    this.results.push(result)
    for (const row of result.rows) row.mark = result.verdict
    for (const listener of this.#listeners) listener(result)
  }
}
