/**
 * Whether an argument list fits a grammar. Patterns match whole arguments; surplus and missing ones are refused.
 */
import type { ArgumentPattern } from "@spawnbroker/protocol"
import { Effort, type Expressions, type MatchOne } from "./Expressions.ts"

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

/** Compiles one alternative. Throws {@link GrammarError}. */
export const compileGrammar = (patterns: ReadonlyArray<ArgumentPattern>, expressions: Expressions): ArgumentGrammar => {
  const compile = (pattern: ArgumentPattern, index: number): MatchOne => {
    try {
      return compilePattern(pattern, expressions)
    } catch (cause) {
      throw new GrammarError(index, (cause as Error).message)
    }
  }
  const last = patterns.at(-1)
  const misplaced = patterns.slice(0, -1).findIndex(isRest)
  if (misplaced >= 0) throw new GrammarError(misplaced, "`rest` must be the last pattern")
  return last !== undefined && isRest(last)
    ? { leading: patterns.slice(0, -1).map(compile), rest: compile(last, patterns.length - 1) }
    : { leading: patterns.map(compile), rest: undefined }
}

/** `effort`: what one decision may cost, shared by all that it tries. Where it is spent, nothing fits. */
export const matchesGrammar = (
  grammar: ArgumentGrammar,
  args: ReadonlyArray<string>,
  effort: Effort = new Effort()
): boolean => {
  const { leading, rest } = grammar
  if (args.length < leading.length || (rest === undefined && args.length > leading.length)) return false
  return args.every((argument, index) => effort.spend(1) && (leading[index] ?? rest!)(argument, effort))
}

type Rest = Extract<ArgumentPattern, { readonly rest: unknown }>

const isRest = (pattern: ArgumentPattern): pattern is Rest => typeof pattern === "object" && "rest" in pattern

const compilePattern = (pattern: ArgumentPattern, expressions: Expressions): MatchOne => {
  if (typeof pattern === "string") return (argument) => argument === pattern
  return isRest(pattern)
    ? compileRest(pattern, expressions)
    : unlessOption(pattern.options === true, expressions.compile(pattern.match))
}

const compileRest = ({ rest, options = false }: Rest, expressions: Expressions): MatchOne => {
  if (rest === true) return unlessOption(options, () => true)
  if ("match" in rest) return unlessOption(options || rest.options === true, expressions.compile(rest.match))
  // Each word was written down by the host, so one that begins with "-" was meant.
  const words = new Set(rest.anyOf)
  return (argument) => words.has(argument)
}

const unlessOption = (options: boolean, matches: MatchOne): MatchOne =>
  options ? matches : (argument, effort) => !argument.startsWith("-") && matches(argument, effort)
