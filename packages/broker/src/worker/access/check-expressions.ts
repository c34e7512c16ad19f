import { type ArgumentPattern, type CommandGrant, InvalidArgument } from "@spawnbroker/protocol"

/** What the expressions of one derived policy may cost together. Higher: a client can make the broker compile and hold more. */
export const MAX_DERIVED_COST = 10_000

/** A repetition of a repetition is compiled this many times at most, says RE2. */
const MAX_REPEATED = 1000

/** Refuses a policy of a client whose expressions would be large once compiled. Before they are. */
export const checkExpressions = (commands: ReadonlyArray<CommandGrant>): void => {
  let left = MAX_DERIVED_COST
  for (const [index, { args }] of commands.entries()) {
    if (args === undefined || args === true) continue
    for (const source of args.flat().flatMap(expressionsOf)) left -= costOf(source)
    if (left >= 0) continue
    const problem = `all expressions up to here are more than a derived policy may have; each costs its length times its repetitions, and ${MAX_DERIVED_COST} is the most`
    throw new InvalidArgument({ argument: `commands[${index}].args`, problem })
  }
}

const expressionsOf = (pattern: ArgumentPattern): ReadonlyArray<string> => {
  if (typeof pattern === "string") return []
  if ("match" in pattern) return [pattern.match]
  return pattern.rest !== true && "match" in pattern.rest ? [pattern.rest.match] : []
}

/** Instructions at most: its length, times all its repetitions as if each were within the others. */
export const costOf = (source: string): number => {
  let repeated = 1
  for (const [, least, most] of source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    repeated *= Math.max(1, Number(least), Number(most ?? 0))
  }
  return source.length * Math.min(repeated, MAX_REPEATED)
}
