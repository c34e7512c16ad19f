import * as Data from "effect/Data"
import type { RunResult } from "./RunResult.ts"

/**
 * A run that was not a success, as an error: for whoever asks for that with `check` or `RunResult.successOrFail`.
 *
 * It is none of the errors of the broker, which did all it was asked to. The message is the report of the result.
 */
export class RunFailed extends Data.TaggedError("RunFailed")<{ readonly result: RunResult }> {
  override get message(): string {
    return this.result.report
  }
  /** For `console.log`, to which the output, byte by byte, says nothing. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `RunFailed: ${this.message}`
  }
}
