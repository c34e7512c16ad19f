/** Flags and arguments that several commands have. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"

export const config = Flag.File("config").pipe(
  Flag.withAlias("c"),
  Flag.withDescription("The configuration. Absent: spawnbroker.config.json or .ts, here or above"),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)

export const names = (description: string, min: 0 | 1) =>
  Argument.String("name").pipe(Argument.withDescription(description), Argument.variadic({ min }))

export const command = Argument.String("command").pipe(
  Argument.withDescription("A program and its arguments, after --"),
  Argument.variadic({ min: 1 })
)
