import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { command } from "./flags.ts"

const work = Effect.promise(() => import("../work/policies.ts"))

const files = Argument.File("file").pipe(Argument.withDescription("Policies"), Argument.variadic({ min: 1 }))
const strict = Flag.Boolean("strict").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Exit with 1 for warnings, too")
)

const check = Command.make("check", { files, strict }, (input) =>
  Effect.flatMap(work, ({ check: checkAll }) => checkAll(input.files, input.strict))
).pipe(
  Command.withDescription(
    "Points at every mistake in policies, as file:line:column, and warns of what grants more than it seems to. Exits with 78 if there are mistakes."
  ),
  Command.withShortDescription("Point at the mistakes in policies")
)

const file = Argument.File("file").pipe(Argument.withDescription("A policy"))
const cwd = Flag.Directory("cwd").pipe(
  Flag.withDescription("Where it would run. Absent: here"),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)

const explain = Command.make("explain", { file, cwd, command }, (input) =>
  Effect.flatMap(work, ({ explain: explainOne }) => explainOne(input.file, input.cwd, input.command))
).pipe(
  Command.withDescription(
    "Says whether a policy allows a command, by which rule, and what would run. Nothing is started. Exits with 77 if it is denied."
  ),
  Command.withShortDescription("Say whether a policy allows a command, and why"),
  Command.withExamples([
    { command: "spawnbroker policy explain git.json -- git push", description: "Nothing is pushed" }
  ])
)

export const policy = Command.make("policy").pipe(
  Command.withDescription("Checks policies, and asks them."),
  Command.withSubcommands([check, explain])
)
