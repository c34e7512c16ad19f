import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { config } from "./flags.ts"

const optional = <A>(flag: Flag.Flag<A>, description: string) =>
  flag.pipe(Flag.withDescription(description), Flag.optional, Flag.map(Option.getOrUndefined))

const port = optional(Flag.Int("port"), "The port, or 0 for any. Absent: as the configuration says, or 8080")
const host = optional(Flag.String("host"), "The address to listen at. Absent: as the configuration says, or 127.0.0.1")
const pages = optional(Flag.Directory("console"), "The directory of the web console's files")

export const serve = Command.make("serve", { config, host, port, console: pages }, (input) =>
  Effect.flatMap(
    Effect.promise(() => import("../work/serve.ts")),
    (work) => work.serve(input)
  )
).pipe(
  Command.withDescription(
    "Does as `up`, and serves the project over HTTP and WebSocket, too: to those who have a token, and to its users, of whom the first gets a link to log in. Without a configuration it serves the current directory to whoever starts it, who may do there what he may do in a shell."
  ),
  Command.withShortDescription("Serve a project, or this directory, over HTTP and WebSocket"),
  Command.withExamples([{ command: "spawnbroker serve", description: "At 127.0.0.1:8080, until Ctrl-C" }])
)
