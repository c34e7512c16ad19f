import * as Schema from "effect/Schema"
import { Text } from "../process/SpawnSpec.ts"

const Place = Text.check(Schema.isMinLength(1), Schema.isMaxLength(4096))

/**
 * A sandbox around each process of a client, made by bubblewrap: the system's programs and libraries, to read; a /tmp, a
 * /dev and a /proc of its own; no privileges; and of all else nothing but what is named here.
 */
export const Sandbox = Schema.Struct({
  /** Files and directories, absolute, that may be read. */
  read: Schema.optionalKey(Schema.Array(Place)),
  /** Files and directories, absolute, that may be read and written. */
  write: Schema.optionalKey(Schema.Array(Place)),
  /** Whether there is a network. Absent: none, not even the loopback of the host. */
  network: Schema.optionalKey(Schema.Boolean),
  /** Whether a machine without bubblewrap runs processes unconfined, and logs that. Absent: `mint` then fails with `Unsupported`. */
  bestEffort: Schema.optionalKey(Schema.Boolean)
})
export type Sandbox = typeof Sandbox.Type
