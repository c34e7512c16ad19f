import * as Schema from "effect/Schema"
import { ProcessId } from "../process/ProcessId.ts"
import { Exited, Signaled } from "../process/ExitStatus.ts"
import { HistoryState } from "./HistoryRecord.ts"

const Name = Schema.String.check(Schema.isMaxLength(4096))
const Sought = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1000))

/** What is looked for in kept output. A line of it, or what a regular expression matches. */
const OutputSearch = Schema.Union([
  Schema.Struct({
    /** Text that is in it. */
    contains: Sought,
    ignoreCase: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.Struct({
    /** A regular expression of JavaScript, in which `^` and `$` are the ends of a line. */
    matches: Sought,
    ignoreCase: Schema.optionalKey(Schema.Boolean)
  })
])
export type OutputSearch = typeof OutputSearch.Type

/** Which processes are wanted, of those that one may see: those that fit all that is said. */
export const HistoryQuery = Schema.Struct({
  /** One process. */
  id: Schema.optionalKey(ProcessId),
  /** Whose they are. */
  subject: Schema.optionalKey(Name),
  /** The program, as it was asked for, by the name of its file, or by its path. */
  command: Schema.optionalKey(Name),
  /** Whether they run, or have ended. */
  states: Schema.optionalKey(Schema.Array(HistoryState).check(Schema.isMaxLength(4))),
  /** Started at this time or after it, in milliseconds since the epoch. */
  since: Schema.optionalKey(Schema.Finite),
  /** Started before this time. */
  until: Schema.optionalKey(Schema.Finite),
  /** How they ended: with code 0, otherwise, or exactly so. */
  exit: Schema.optionalKey(Schema.Union([Schema.Literals(["success", "failure"]), Exited, Signaled])),
  /** Text in the command, an argument, the program's path or the directory. Case does not matter. */
  text: Schema.optionalKey(Sought),
  /** What is in the output that is kept of them. */
  output: Schema.optionalKey(OutputSearch)
})
export type HistoryQuery = typeof HistoryQuery.Type
