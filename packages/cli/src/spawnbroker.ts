/** The command: its subcommands and what they have in common. What each does is loaded when it is used. */
import * as Command from "effect/cli/Command"
import { completions } from "./command/completions.ts"
import { history } from "./command/history.ts"
import { Json } from "./command/output.ts"
import { policy } from "./command/policy.ts"
import { projectCommands } from "./command/project.ts"
import { run } from "./command/run.ts"
import { serve } from "./command/serve.ts"

const complete = completions((): Command.Command.Any => spawnbroker)

export const spawnbroker = Command.make("spawnbroker").pipe(
  Command.withDescription("Runs commands under policies, and keeps the daemons of a project running."),
  Command.withSubcommands([
    { group: "One command", commands: [run] },
    { group: "A project", commands: [...projectCommands, serve] },
    { group: "Besides", commands: [history, policy, complete] }
  ]),
  Command.withGlobalFlags([Json])
)
