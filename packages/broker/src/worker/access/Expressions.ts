/**
 * The regular expressions of one policy: RE2's (the `re2js` library), whose matching time is linear in the length of the
 * input times the size of the expression. Both are bounded here, so that no expression and no argument holds the broker up.
 */
import { RE2JS } from "re2js"
import { expressionSize } from "./expression-size.ts"

/**
 * Instructions of one expression at most. Higher: a match takes longer (40 ms for 900 of the worst kind and an argument
 * of 4,096 characters). Lower: `.{0,1000}`, which has 2,000, is refused.
 */
const MAX_INSTRUCTIONS = 4000

/**
 * What all expressions of a policy may cost to compile, at some 1.5 µs each: instructions, {@link BASE_COST} for each
 * expression, {@link UNICODE_COST} for each `\p{…}`. Higher: a policy can hold the broker up for longer, and takes more of
 * its memory.
 */
export const MAX_COST = 100_000
/** The same for a policy of a client, who can derive as many as it likes. */
export const MAX_DERIVED_COST = 10_000
const BASE_COST = 100
const UNICODE_COST = 100

/**
 * Steps that are spent on the arguments of one spawn: for each argument that is looked at, one, and if an expression is
 * applied to it its length times the size of the expression. Higher: a client that sends many arguments holds the broker
 * up for longer (100 ms at the worst). Lower: long lists of files fit no expression.
 */
const MAX_STEPS = 4_000_000

/** Longer arguments match no expression. */
const MAX_MATCHED_LENGTH = 4096

/** What is left of the steps for one decision. Once there are none, nothing matches any more. */
export class Effort {
  #left = MAX_STEPS

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** Takes steps, or says that there are not enough. */
  spend(steps: number): boolean {
    this.#left -= steps
    return !this.isSpent
  }
}

/** Whether a whole argument is one that is meant. */
export type MatchOne = (argument: string, effort: Effort) => boolean

/** Compiles the expressions of one policy. */
export class Expressions {
  readonly #maxCost: number
  #cost = 0

  constructor(maxCost: number = MAX_COST) {
    this.#maxCost = maxCost
  }

  /** Throws an error that says what is wrong with the expression. */
  compile(source: string): MatchOne {
    const { instructions, unicodeClasses } = expressionSize(source)
    if (instructions > MAX_INSTRUCTIONS) {
      throw new Error(
        `an expression that is too large: its repetitions make it ${instructions} long, of at most ${MAX_INSTRUCTIONS}`
      )
    }
    this.#cost += BASE_COST + instructions + UNICODE_COST * unicodeClasses
    if (this.#cost > this.#maxCost) {
      throw new Error("one expression too many: all of a policy together are too large. Use words, or fewer of them")
    }
    const expression = compileAnchored(source)
    const size = expression.programSize()
    return (argument, effort) =>
      argument.length <= MAX_MATCHED_LENGTH &&
      effort.spend(size * argument.length) &&
      expression.matcher(argument).matches()
  }
}

const compileAnchored = (source: string): RE2JS => {
  try {
    // By itself first: "a)|(b" is no expression, and would close the group.
    RE2JS.compile(source)
    return RE2JS.compile(`^(?:${source})$`)
  } catch (cause) {
    throw new Error(`not a regular expression of RE2: ${(cause as Error).message}`, { cause })
  }
}
