import * as Schema from "effect/Schema"
import { Text } from "../process/SpawnSpec.ts"

const NamePattern = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._-]*\*?$/u),
  Schema.isMinLength(1),
  Schema.isMaxLength(65)
)

const DaemonScope = Schema.Struct({
  /** Names, each whole, or a beginning and `*`. Absent: any. */
  names: Schema.optionalKey(Schema.Array(NamePattern).check(Schema.isMaxLength(256))),
  /**
   * Directories in or under which the broker reads and writes files for them: PID files, logs, files of variables. Absent:
   * none, so that they cannot have any, and cannot be persistent.
   */
  files: Schema.optionalKey(Schema.Array(Text.check(Schema.isMinLength(1))).check(Schema.isMaxLength(256)))
})

/**
 * Which daemons a client may have. `true`: of any name, without files. What each runs must be in `commands`, as for any
 * spawn.
 */
export const DaemonGrant = Schema.Union([Schema.Boolean, DaemonScope])
export type DaemonGrant = typeof DaemonGrant.Type
