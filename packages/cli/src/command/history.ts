/** The command about what has run. It reads the file, whether a broker is up or not. */
import { ProcessId } from "@spawnbroker/protocol"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const text = (name: string, description: string, metavar = "text") =>
  Flag.String(name).pipe(
    Flag.withDescription(description),
    Flag.withMetavar(metavar),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )
const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withDescription(description))

const flags = {
  file: Flag.File("file").pipe(
    Flag.withDescription("The history. Absent: the user's own, which `up` writes"),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  ),
  subject: text("subject", "Of this subject"),
  command: text("command", "Of this program: its name, or its path", "program"),
  state: Flag.Literals("state", ["running", "exited", "closed", "lost"]).pipe(
    Flag.withDescription("In this state. lost: its broker ended first"),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  ),
  exit: text("exit", "How it ended: success, failure, a code, or the name of a signal", "how"),
  since: text("since", 'Started since then: "2 hours" ago, or a date', "time"),
  until: text("until", "Started before then", "time"),
  text: text("text", "With this in its command line, its path or its directory"),
  contains: text("contains", "With this text in its output, as far as that is kept"),
  matches: text("matches", "With this regular expression in its output", "expression"),
  ignoreCase: flag("ignore-case", "Case does not matter in its output").pipe(Flag.withAlias("i")),
  limit: Flag.Int("limit").pipe(
    Flag.withAlias("n"),
    Flag.withDefault(50),
    Flag.withDescription("So many at most"),
    Flag.filter(
      (count) => count >= 1,
      () => "a number, from 1 on"
    )
  ),
  output: Flag.String("output").pipe(
    Flag.withSchema(ProcessId),
    Flag.withDescription("Instead, what is kept of the output of this process, on the same streams"),
    Flag.withMetavar("id"),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  ),
  facts: flag("facts", "Instead, what came to no process: what was denied or failed, clients, tokens")
}

export const history = Command.make("history", flags, (input) =>
  Effect.flatMap(
    Effect.promise(() => import("../work/history.ts")),
    (work) => work.history(input)
  )
).pipe(
  Command.withDescription(
    "Shows what has run, the youngest first, also while it is being written, or after its broker has ended. With --json a line of JSON for each. Exits with 1 if there is no history."
  ),
  Command.withShortDescription("Show what has run"),
  Command.withExamples([
    { command: 'spawnbroker history --exit failure --since "1 day"', description: "What has failed since yesterday" },
    { command: "spawnbroker history --matches '^error' -i", description: "What has said that something is wrong" }
  ])
)
