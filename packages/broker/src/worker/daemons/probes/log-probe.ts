import { InvalidArgument } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { RE2JS } from "re2js"
import { costOf, MAX_DERIVED_COST } from "../../access/check-expressions.ts"

/** Longer lines are looked at up to here. Linear time still grows with the length, times the size of the expression. */
const MAX_MATCHED_LENGTH = 4096

/** Whether a line has what a probe looks for. Fails for what is no expression, or a very large one. */
export const lineMatcher = (source: string): Result.Result<(line: string) => boolean, InvalidArgument> => {
  const refuse = (problem: string) => Result.fail(new InvalidArgument({ argument: "readiness.log.match", problem }))
  if (costOf(source) > MAX_DERIVED_COST) return refuse("an expression of fewer repetitions is expected")
  try {
    const expression = RE2JS.compile(source)
    return Result.succeed((line) => expression.matcher(line.slice(0, MAX_MATCHED_LENGTH)).find())
  } catch (cause) {
    return refuse(`not a regular expression of RE2: ${(cause as Error).message}`)
  }
}
