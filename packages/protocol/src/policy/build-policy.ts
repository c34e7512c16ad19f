/**
 * Words to write a policy with. What they answer is plain data, the same as one could write; they save its `as const`, its
 * escapes and its nesting, and the compiler says at once where a field is wrong.
 *
 * **Example**
 *
 * ```ts
 * import { allow, match, oneOf, policy, rest } from "@spawnbroker/protocol"
 *
 * const reader = policy("panel:git", {
 *   commands: [
 *     allow("git", ["status", rest("--short", "--branch")], ["show", match(/[0-9a-f]{7,40}/)], ["log", "--oneline", rest()]),
 *     allow("make", [oneOf("build", "test")]),
 *     allow("true")
 *   ],
 *   limits: { concurrent: 8 }
 * })
 * ```
 */
import type { ArgumentPattern, CommandGrant, Policy } from "./Policy.ts"

type Match = Extract<ArgumentPattern, { readonly match: string }>
type Rest = Extract<ArgumentPattern, { readonly rest: unknown }>

interface MatchOptions {
  /** Whether an argument that begins with `-` may match. */
  readonly options?: boolean
}

/** A policy for somebody. What is left out is denied. */
export const policy = (subject: string, grants: Omit<Policy, "subject"> = {}): Policy => ({ subject, ...grants })

/** In the place of alternatives: the program may get any arguments at all. */
export const anyArguments = "any arguments"

/**
 * A program that may be run, and the argument lists that it may get, each matched whole. With none given: no arguments; with
 * {@link anyArguments}: any.
 */
export const allow = (
  command: string,
  ...alternatives: ReadonlyArray<ReadonlyArray<ArgumentPattern>> | readonly [typeof anyArguments]
): CommandGrant => {
  if (alternatives[0] === anyArguments) return { command, args: true }
  const args = alternatives as ReadonlyArray<ReadonlyArray<ArgumentPattern>>
  return args.length === 0 ? { command } : { command, args }
}

/**
 * One argument that an expression fits whole. A `RegExp` has the editor's colours and needs no double backslashes; what counts is
 * its text, which RE2 reads, so it can have no flags.
 */
export const match = (expression: string | RegExp, { options }: MatchOptions = {}): Match => {
  if (typeof expression !== "string" && expression.flags !== "") {
    throw new TypeError(
      `${String(expression)} has flags, which a policy cannot have. Write (?i) in front instead of the flag i.`
    )
  }
  const source = typeof expression === "string" ? expression : expression.source
  return { match: source, ...(options !== undefined && { options }) }
}

/** One argument that is one of these words. A word that begins with `-` is meant. */
export const oneOf = (...words: readonly [string, ...ReadonlyArray<string>]): Match => ({
  match: words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"),
  ...(words.some((word) => word.startsWith("-")) && { options: true })
})

/** All further arguments: any that begin with no `-`; those of these words; or those that an expression fits. */
export const rest = (...what: ReadonlyArray<string> | readonly [Match | { readonly options: true }]): Rest => {
  const [first] = what
  if (first === undefined) return { rest: true }
  if (typeof first === "string") return { rest: { anyOf: what as ReadonlyArray<string> } }
  return "match" in first ? { rest: first } : { rest: true, ...first }
}

/** A value for `env.values` that is not written down: the secret of this name among those that the broker was started with. */
export const secret = (name: string): { readonly secret: string } => ({ secret: name })
