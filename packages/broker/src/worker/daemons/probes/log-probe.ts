import { InvalidArgument } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { RE2JS } from "re2js"
import { expressionSize } from "../../access/expression-size.ts"

/** Longer lines are looked at up to here. Linear time still grows with the length, times the size of the expression. */
const MAX_MATCHED_LENGTH = 1024
/** Instructions of an expression. Higher: a daemon that is not ready yet, and says much, holds the broker up for longer. */
const MAX_INSTRUCTIONS = 100

/** Whether a line has what a probe looks for. Fails for what is no expression, or a very large one. */
export const lineMatcher = (source: string): Result.Result<(line: string) => boolean, InvalidArgument> => {
  const refuse = (problem: string) => Result.fail(new InvalidArgument({ argument: "readiness.log.match", problem }))
  const { instructions } = expressionSize(source)
  if (instructions > MAX_INSTRUCTIONS) {
    return refuse(`an expression that is too large: it is ${instructions} long, of at most ${MAX_INSTRUCTIONS}`)
  }
  try {
    const expression = RE2JS.compile(source)
    return Result.succeed((line) => expression.matcher(line.slice(0, MAX_MATCHED_LENGTH)).find())
  } catch (cause) {
    return refuse(`not a regular expression of RE2: ${(cause as Error).message}`)
  }
}
