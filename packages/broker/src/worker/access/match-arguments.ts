/**
 * Whether an argument list fits a grammar. Patterns match whole arguments; surplus and missing ones are refused.
 *
 * Regular expressions are RE2's (the `re2js` library), whose matching time is linear in the length of the input, so that no
 * pattern and no argument can hang the broker.
 */
import type { ArgumentPattern } from "@spawnbroker/protocol"
import { RE2JS } from "re2js"

type MatchOne = (argument: string) => boolean

/** The patterns for the leading arguments, one each, and that for every further one, if any may follow. */
export interface ArgumentGrammar {
  readonly leading: ReadonlyArray<MatchOne>
  readonly rest: MatchOne | undefined
}

/** Where in a grammar a mistake is, and what it is. */
export class GrammarError extends Error {
  readonly at: number
  constructor(at: number, problem: string) {
    super(problem)
    this.at = at
  }
}

/** Longer arguments match no expression: linear time still grows with the length, times the size of the expression. */
const MAX_MATCHED_LENGTH = 4096

/** Compiles one alternative. Throws {@link GrammarError}. */
export const compileGrammar = (patterns: ReadonlyArray<ArgumentPattern>): ArgumentGrammar => {
  const leading: Array<MatchOne> = []
  for (const [index, pattern] of patterns.entries()) {
    if (typeof pattern === "string") leading.push((argument) => argument === pattern)
    else if ("match" in pattern) leading.push(matchExpression(index, pattern.match, pattern.options === true))
    else if (index < patterns.length - 1) throw new GrammarError(index, "`rest` must be the last pattern")
    else return { leading, rest: matchRest(index, pattern) }
  }
  return { leading, rest: undefined }
}

export const matchesGrammar = (grammar: ArgumentGrammar, args: ReadonlyArray<string>): boolean => {
  const { leading, rest } = grammar
  if (args.length < leading.length || (rest === undefined && args.length > leading.length)) return false
  return args.every((argument, index) => (leading[index] ?? rest!)(argument))
}

const matchRest = (index: number, pattern: Extract<ArgumentPattern, { rest: unknown }>): MatchOne => {
  const options = pattern.options === true
  if (pattern.rest === true) return (argument) => options || !isOption(argument)
  if ("match" in pattern.rest)
    return matchExpression(index, pattern.rest.match, options || pattern.rest.options === true)
  // Each word was written down by the host, so one that begins with "-" was meant.
  const words = new Set(pattern.rest.anyOf)
  return (argument) => words.has(argument)
}

const matchExpression = (index: number, source: string, options: boolean): MatchOne => {
  const expression = compile(index, source)
  return (argument) =>
    argument.length <= MAX_MATCHED_LENGTH && (options || !isOption(argument)) && expression.matcher(argument).matches()
}

const compile = (index: number, source: string): RE2JS => {
  try {
    // By itself first: "a)|(b" is no expression, and would close the group.
    RE2JS.compile(source)
    return RE2JS.compile(`^(?:${source})$`)
  } catch (cause) {
    throw new GrammarError(index, `not a regular expression of RE2: ${(cause as Error).message}`)
  }
}

const isOption = (argument: string): boolean => argument.startsWith("-")
