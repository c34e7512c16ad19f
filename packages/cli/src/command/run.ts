import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { command } from "./flags.ts"

const policy = Flag.File("policy").pipe(Flag.withAlias("p"), Flag.withDescription("The policy, a JSON file"))
const cwd = Flag.Directory("cwd").pipe(
  Flag.withDescription("Where it runs. The policy must allow it. Absent: here"),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)

export const run = Command.make("run", { policy, cwd, command }, (input) =>
  Effect.flatMap(
    Effect.promise(() => import("../work/run.ts")),
    (work) => work.run(input)
  )
).pipe(
  Command.withDescription(
    "Runs one command under a policy, with the streams of this one, and exits as it does. Exits with 125 if it fails itself, 126 if the policy does not allow the command, 127 if there is none."
  ),
  Command.withShortDescription("Run one command under a policy"),
  Command.withExamples([
    {
      command: "spawnbroker run --policy git.json -- git status",
      description: "As `git status`, if the policy allows it"
    }
  ])
)
