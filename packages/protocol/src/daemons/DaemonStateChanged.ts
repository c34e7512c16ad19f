import * as Schema from "effect/Schema"
import { DaemonReason, DaemonState } from "./DaemonInfo.ts"
import { DaemonName, Replica } from "./DaemonName.ts"

/** A replica of a daemon has come from one state to another. */
export const DaemonStateChanged = Schema.TaggedStruct("DaemonStateChanged", {
  at: Schema.Finite,
  name: DaemonName,
  replica: Replica,
  subject: Schema.String,
  from: DaemonState,
  to: DaemonState,
  reason: Schema.optionalKey(DaemonReason)
})
export type DaemonStateChanged = typeof DaemonStateChanged.Type
