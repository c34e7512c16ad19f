/**
 * What a person writes to say what a daemon is: plain data, in code or in a JSON file.
 *
 * A daemon belongs to the token with which it was started, not to the connection: it runs until it is stopped, until its
 * broker ends, or until its token does.
 *
 * **Example**
 *
 * ```ts
 * const web: DaemonSpec = {
 *   name: "web",
 *   command: "node",
 *   args: ["server.js"],
 *   readiness: { http: { port: 8080, path: "/health" } },
 *   dependsOn: { database: "healthy" }
 * }
 * ```
 */
import * as Schema from "effect/Schema"
import { DurationText } from "../process/DurationText.ts"
import { Signal } from "../process/Signal.ts"
import { CommandName, EnvironmentName, Text } from "../process/SpawnSpec.ts"
import { DaemonName, Replica } from "./DaemonName.ts"
import { LivenessProbe, ReadinessProbe } from "./Probe.ts"
import { RestartPolicy } from "./RestartPolicy.ts"

/** Daemons that one may depend on, and that one call may start. */
export const MAX_DAEMONS = 256

/** A file that the broker reads or writes for a daemon: an absolute path below one of the policy's `daemons.files`. */
const FilePath = Schema.String.check(
  Schema.isPattern(/^\/[^\0]*[^/\0]$/u),
  Schema.isMaxLength(4096),
  Schema.makeFilter<string>(
    (path) => path.split("/").every((part) => part !== ".." && part !== ".") || "an absolute path without `.` and `..`"
  )
)

/** Where its output goes, besides to those who ask for its logs. */
const LogFile = Schema.Struct({
  file: FilePath,
  /**
   * Size at which the file is renamed (`file.1`, which was before `file.2`), and a new one begun. Absent: 10 MiB. The file of a
   * persistent daemon, which is written by the daemon itself, is looked at when that starts, and not before.
   */
  maxBytes: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 4096, maximum: 2 ** 40 }))),
  /** Older files that are kept. Absent: 5. */
  keep: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 })))
})

/**
 * What a daemon must have come to before one that depends on it is started: its process runs, it is ready (without a
 * readiness probe that is the same), or it has exited with success.
 */
export const DependencyCondition = Schema.Literals(["started", "healthy", "completed"])
export type DependencyCondition = typeof DependencyCondition.Type

/** A signal to the group, and how long that gets to be gone. */
const Stop = Schema.Struct({ signal: Signal, for: DurationText })

const fields = Schema.Struct({
  name: DaemonName,
  /** As in a spawn: it must be allowed by the policy, with its arguments. */
  command: CommandName,
  args: Schema.optionalKey(Schema.Array(Text).check(Schema.isMaxLength(65_536))),
  /** Variables to add to the environment that the policy gives. Each must be named by the policy. */
  env: Schema.optionalKey(Schema.Record(EnvironmentName, Text).check(Schema.isMaxProperties(4096))),
  /** A file of lines `NAME=value`, read at each start. `env` wins over it. */
  envFile: Schema.optionalKey(FilePath),
  /** Absent: the broker's own working directory. */
  cwd: Schema.optionalKey(Text.check(Schema.isMinLength(1), Schema.isMaxLength(4096))),
  /** Where its PID is written, with what tells it from another process that is given the same number later. */
  pidFile: Schema.optionalKey(FilePath),
  log: Schema.optionalKey(LogFile),
  /**
   * Whether it outlives its broker, and is taken over by the next one that is asked to start it. It needs a `pidFile`, by which
   * it is found, and a `log`, which it writes itself. Absent: no.
   */
  persistent: Schema.optionalKey(Schema.Boolean),
  /** Absent: it is ready as soon as it runs. */
  readiness: Schema.optionalKey(ReadinessProbe),
  /** Begins once it is ready. Absent: it is alive as long as it runs. */
  liveness: Schema.optionalKey(LivenessProbe),
  restart: Schema.optionalKey(RestartPolicy),
  /** Exit codes that are no failure. Absent: 0. */
  successExitCodes: Schema.optionalKey(
    Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(Schema.isMaxLength(256))
  ),
  /** Other daemons, by name. */
  dependsOn: Schema.optionalKey(
    Schema.Record(DaemonName, DependencyCondition).check(Schema.isMaxProperties(MAX_DAEMONS))
  ),
  /** How it is stopped: what its group gets in turn, then SIGKILL. Absent: SIGTERM for 10 seconds. */
  stop: Schema.optionalKey(Schema.Array(Stop).check(Schema.isMaxLength(10))),
  /** Time from the start of the process until it is ready. Then it is ended. Absent: 60 seconds. */
  startTimeout: Schema.optionalKey(DurationText),
  /**
   * Instances of it. Each has `SPAWNBROKER_REPLICA` in its environment, from 1 on; in `pidFile` and `log.file` its number takes
   * the place of `{replica}`, and the ports of its probes are counted on from those that are given. Absent: 1.
   */
  replicas: Schema.optionalKey(Replica)
})

const consistent = Schema.makeFilter<typeof fields.Type>((spec) => {
  const { persistent = false, replicas = 1, pidFile, log } = spec
  if (persistent && (pidFile === undefined || log === undefined))
    return "a `pidFile` and a `log` for a persistent daemon"
  const shared = replicas > 1 && [pidFile, log?.file].some((path) => path?.includes(REPLICA_MARK) === false)
  if (shared) return `\`${REPLICA_MARK}\` in \`pidFile\` and \`log.file\`, so that each replica has its own`
  for (const probe of [spec.readiness, spec.liveness]) {
    const port =
      probe === undefined ? undefined : "http" in probe ? probe.http.port : "tcp" in probe ? probe.tcp.port : 0
    if (port !== undefined && port + replicas - 1 > 65_535) return "a port for each replica, the last one 65535 at most"
  }
  return true
})

/** What stands for the number of a replica in the path of a file. */
export const REPLICA_MARK = "{replica}"

export const DaemonSpec = fields.check(consistent)
export type DaemonSpec = typeof DaemonSpec.Type

/** What an absent field means. */
export const daemonDefaults = {
  restart: {
    policy: "on-failure",
    delay: "500 millis",
    factor: 2,
    maxDelay: "1 minute",
    jitter: true,
    resetAfter: "1 minute",
    maxRestarts: 10,
    window: "10 minutes"
  },
  probe: { initialDelay: "0 millis", timeout: "5 seconds", successThreshold: 1, failureThreshold: 3 },
  /** Between two probes of a daemon that is not ready yet, and of one that is. */
  startingPeriod: "1 second",
  period: "10 seconds",
  log: { maxBytes: 10 * 1024 * 1024, keep: 5 },
  successExitCodes: [0],
  stop: [{ signal: "SIGTERM", for: "10 seconds" }],
  startTimeout: "60 seconds",
  replicas: 1
} as const satisfies {
  readonly restart: Required<RestartPolicy>
  readonly log: Required<Omit<typeof LogFile.Type, "file">>
  readonly [field: string]: unknown
}
