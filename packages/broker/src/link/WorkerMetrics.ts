/**
 * What the broker's thread counts, at one moment. Numbers alone: no name of a client, a command or a file is in it.
 */
import * as Schema from "effect/Schema"
import { Histogram } from "./Histogram.ts"

const count = Schema.Natural

export const WorkerMetrics = Schema.Struct({
  /** Starts that were asked for, by what came of them. `limited`: a limit of the policy or of the broker was reached. */
  starts: Schema.Struct({ started: count, denied: count, limited: count, failed: count }),
  /** From the request to the start. */
  startTime: Histogram,
  /** Now, by state. `exited`: its end is known, and its output not all delivered. */
  processes: Schema.Struct({ starting: count, running: count, exited: count }),
  /** Clients that are connected now. */
  sessions: count,
  /** Whatever a rule has refused, starts among it. */
  denials: count,
  /** Bytes that went by the broker, by stream. `other`: of descriptors from 3 on. */
  bytes: Schema.Struct({ stdin: count, stdout: count, stderr: count, other: count }),
  /** Streams that have lost output, since nobody read it. */
  truncated: count,
  /** Messages that could not be decoded. */
  malformedMessages: count,
  /** What waits, now. */
  waiting: Schema.Struct({
    /** Bytes for the inputs of processes that do not read. */
    inputBytes: count,
    /** Facts for subscribers that have not asked for them. */
    facts: count,
    /** Lines of the audit for the disk. */
    auditLines: count
  }),
  /** What is given up: facts of slow subscribers, lines of an audit that cannot be written. */
  lost: Schema.Struct({ facts: count, auditLines: count }),
  /** How full the windows of outputs are, now. `full`: so many hold their process up. */
  windows: Schema.Struct({ heldBytes: count, sizeBytes: count, full: count }),
  restarts: Schema.Struct({ launchers: count, daemons: count }),
  /** How late the loop of the thread is, ten times a second. */
  loopDelay: Histogram,
  /** The same of each launcher, since it was first asked for. One that does not answer is left out. */
  launchers: Schema.Array(Schema.Struct({ seat: count, loopDelay: Histogram }))
})
export type WorkerMetrics = typeof WorkerMetrics.Type
