/**
 * How it is found out whether a daemon is ready, and whether it is still well.
 *
 * A probe looks at this machine and at nothing else: `http` and `tcp` go to the loopback interface, since whoever may have a
 * daemon need not be allowed the network that its broker can reach.
 */
import * as Schema from "effect/Schema"
import { DurationText } from "../process/DurationText.ts"
import { CommandName, Text } from "../process/SpawnSpec.ts"

const Times = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))

/** When a probe is made, and how many answers count. */
const timing = {
  /** Time from the start of the process to the first probe. Absent: none. */
  initialDelay: Schema.optionalKey(DurationText),
  /** Time between the end of one probe and the next. Absent: 1 second while it is not ready yet, then 10 seconds. */
  period: Schema.optionalKey(DurationText),
  /** What one probe may take. Absent: 5 seconds. */
  timeout: Schema.optionalKey(DurationText),
  /** Successes in a row that make it ready. Absent: 1. */
  successThreshold: Schema.optionalKey(Times),
  /** Failures in a row that make it unready, or not alive. Absent: 3. */
  failureThreshold: Schema.optionalKey(Times)
}

/** The address of the loopback interface. */
const Host = Schema.Literals(["127.0.0.1", "::1", "localhost"])

/** Of the first replica. Each other one has the next port. */
const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))

/** A command that exits with 0, with the environment and in the directory of the daemon. The policy must allow it as any spawn. */
const ExecProbe = Schema.Struct({
  exec: Schema.Struct({
    command: CommandName,
    args: Schema.optionalKey(Schema.Array(Text).check(Schema.isMaxLength(1024)))
  }),
  ...timing
})

/** A GET that is answered with a status from 200 to 399. Redirections are not followed. */
const HttpProbe = Schema.Struct({
  http: Schema.Struct({
    port: Port,
    /** Absent: `/`. */
    path: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\/[\x21-\x7e]*$/u), Schema.isMaxLength(2048))),
    /** Absent: 127.0.0.1. */
    host: Schema.optionalKey(Host)
  }),
  ...timing
})

/** A connection that is taken. */
const TcpProbe = Schema.Struct({
  tcp: Schema.Struct({
    port: Port,
    /** Absent: 127.0.0.1. */
    host: Schema.optionalKey(Host)
  }),
  ...timing
})

/** A line of output in which a regular expression (RE2 syntax, linear time) is found. Once is enough for a start. */
const LogProbe = Schema.Struct({
  log: Schema.Struct({
    match: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1000)),
    /** Absent: either. */
    stream: Schema.optionalKey(Schema.Literals(["stdout", "stderr"]))
  })
})

/** Whether it still works. One that does not is ended, and its restart policy says what comes then. */
export const LivenessProbe = Schema.Union([ExecProbe, HttpProbe, TcpProbe])
export type LivenessProbe = typeof LivenessProbe.Type

/** Whether it may be relied on. What depends on it waits for that. */
export const ReadinessProbe = Schema.Union([ExecProbe, HttpProbe, TcpProbe, LogProbe])
export type ReadinessProbe = typeof ReadinessProbe.Type
