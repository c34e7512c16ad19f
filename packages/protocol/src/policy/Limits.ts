import * as Schema from "effect/Schema"
import { DurationText } from "../process/DurationText.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const Amount = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** What the processes of a client may use. What is absent is not limited. */
export const Limits = Schema.Struct({
  /** Processes that are alive at a time, all in all. One more is refused, with `LimitExceeded`. */
  concurrent: Schema.optionalKey(Amount),
  /** Processes that are started within any 60 seconds, all in all. One more is refused. */
  startsPerMinute: Schema.optionalKey(Amount),
  /** How long each process may run. Then it is ended, as by a client's own `timeout`. */
  wallTime: Schema.optionalKey(DurationText),
  /** Bytes that each process may write, on all its outputs together. What is over is not delivered, and it is ended. */
  outputBytes: Schema.optionalKey(Amount),
  /** Bytes that each process may be given, on all its inputs together. More is refused. */
  stdinBytes: Schema.optionalKey(Amount),
  /** Resident memory of each process and its descendants together. Looked at several times a second; then SIGKILL. */
  memoryBytes: Schema.optionalKey(Count),
  /** Processes that each may be with its descendants. Looked at several times a second; then SIGKILL. */
  processes: Schema.optionalKey(Count),
  /** Processor time of each process, and of it and its descendants together, in seconds. Then SIGKILL. */
  cpuSeconds: Schema.optionalKey(Count),
  /** Descriptors that each process may have open, by `prlimit`: opening one more fails. See RLIMIT_NOFILE. */
  openFiles: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(8))),
  /** Size of a core dump. See RLIMIT_CORE. */
  coreBytes: Schema.optionalKey(Amount),
  /** Niceness that is added, from 0 to 19. See nice(1). */
  nice: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 19 }))),
  /** Whether what this machine cannot enforce is left out, and logged. Absent: `mint` then fails with `Unsupported`. */
  bestEffort: Schema.optionalKey(Schema.Boolean)
})
export type Limits = typeof Limits.Type

/** What a process may be ended for, as a policy names it. */
export const ExceededLimit = Schema.Literals([
  "wallTime",
  "outputBytes",
  "memoryBytes",
  "processes",
  "cpuSeconds"
]) satisfies Schema.Schema<keyof Limits>
export type ExceededLimit = typeof ExceededLimit.Type
