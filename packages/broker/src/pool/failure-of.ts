import type { StepFailure } from "../link/pool-messages.ts"

/** Longest text of a failure. It may hold what a process has put out. */
const MAX_PROBLEM_LENGTH = 500

/** The input is not what a transform takes. */
export class InputError extends Error {}

/** More was made than may be. */
export class BloatError extends Error {}

export const failureOf = (cause: unknown): StepFailure => {
  const problem = textOf(cause).slice(0, MAX_PROBLEM_LENGTH)
  if (cause instanceof InputError) return { reason: "input", problem }
  return { reason: cause instanceof BloatError ? "bloated" : "threw", problem }
}

/** Whatever is thrown, also what cannot be read. */
const textOf = (cause: unknown): string => {
  try {
    return cause instanceof Error ? cause.message : String(cause)
  } catch {
    return "it threw something that has no text"
  }
}
