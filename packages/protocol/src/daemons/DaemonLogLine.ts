import * as Schema from "effect/Schema"
import { Replica } from "./DaemonName.ts"

/** Longest line, in bytes. What is longer is told in pieces of this size. */
export const MAX_LOG_LINE_BYTES = 64 * 1024

/** A line that a daemon has put out, without its end. */
export const DaemonLogLine = Schema.Struct({
  /** Its number among the lines of the daemon, from 0 on. */
  seq: Schema.Natural,
  /** When the broker has read it, in milliseconds since the epoch. */
  at: Schema.Finite,
  replica: Replica,
  /** `output`: of a persistent daemon, whose outputs go to one file. */
  stream: Schema.Literals(["stdout", "stderr", "output"]),
  text: Schema.String
})
export type DaemonLogLine = typeof DaemonLogLine.Type
