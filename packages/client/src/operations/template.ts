import { InvalidArgument, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as CommandLine from "effect/process/CommandLine"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { RunError, RunOptions } from "../run/RunOptions.ts"
import type { RunResult } from "../run/RunResult.ts"
import type { Run } from "./run.ts"

/** A value in a template: one argument, or, as an array that stands alone, as many as it has elements. */
export type TemplateValue = string | number | boolean | ReadonlyArray<string | number | boolean>

type Tag<E = ProcessError, R = never> = (
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<TemplateValue>
) => Effect.Effect<RunResult, E, R>

/**
 * A command written as one would type it, and run to its end without a shell.
 *
 * Words are split at spaces and may be quoted; a value is never split, and never read as anything but text. Shell syntax
 * (`|`, `>`, `$NAME`, `*`) is `InvalidArgument`: there is no shell that could read it.
 */
export interface Template extends Tag {
  /** The same with options. */
  <E = never, R = never, Check extends boolean = false>(options: RunOptions<E, R, Check>): Tag<RunError<E, Check>, R>
}

export const makeTemplate = (run: Run): Template => {
  const tag =
    <E, R, Check extends boolean>(options: RunOptions<E, R, Check>): Tag<RunError<E, Check>, R> =>
    (strings, ...values) =>
      Effect.flatMap(Effect.fromResult(wordsOf(strings, values)), ([command = "", ...args]) =>
        run(command, args, options)
      )
  const template = (first: TemplateStringsArray | RunOptions, ...values: ReadonlyArray<TemplateValue>) =>
    Array.isArray(first) ? tag({})(first as TemplateStringsArray, ...values) : tag(first as RunOptions)
  return template as Template
}

const wordsOf = (
  strings: TemplateStringsArray,
  values: ReadonlyArray<TemplateValue>
): Result.Result<ReadonlyArray<string>, InvalidArgument> =>
  Result.flatMap(
    values.flat().some((value) => value === undefined || value === null)
      ? Result.fail(absent)
      : Result.mapError(CommandLine.template(strings, ...values), ({ message }) => mistake(message)),
    (words) => (words.some(Redacted.isRedacted) ? Result.fail(secret) : Result.succeed(words as ReadonlyArray<string>))
  )

const mistake = (problem: string): InvalidArgument => new InvalidArgument({ argument: "template", problem })

/** It would become a word of its own, "undefined", which nobody means. */
const absent = mistake("a value is undefined or null; leave it out, or give an empty array for no argument at all")

/** Arguments can be read by every user of the machine while the process runs. */
const secret = mistake("a secret cannot be an argument, since others can see those; pass it through stdin or `env`")
