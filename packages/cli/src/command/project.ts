/** The commands about a project that is, or will be, up. */
import { signals } from "@spawnbroker/protocol"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { config, names } from "./flags.ts"

const daemons = Effect.promise(() => import("../work/daemons.ts"))
const tokens = Effect.promise(() => import("../work/tokens.ts"))

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(false), Flag.withDescription(description))

const detach = flag("detach", "In the background; see `logs`, `ps` and `down`").pipe(Flag.withAlias("d"))
const ready = "Answer once they are ready, or will never be"
const wait = flag("wait", ready)

const up = Command.make(
  "up",
  { config, detach, wait: flag("wait", `With --detach: ${ready.toLowerCase()}`) },
  (input) =>
    input.detach
      ? Effect.flatMap(
          Effect.promise(() => import("../work/up-in-background.ts")),
          ({ upInBackground }) => upInBackground(input.config, input.wait)
        )
      : Effect.flatMap(
          Effect.promise(() => import("../work/up.ts")),
          (work) => work.up(input.config)
        )
).pipe(
  Command.withDescription(
    "Starts the daemons of a project, in the order of their dependencies, and shows them: as a table where there is a terminal, else as lines. Ctrl-C stops them in the reverse order, a second one at once. Exits with 78 if the configuration has mistakes."
  ),
  Command.withShortDescription("Start the daemons of a project"),
  Command.withExamples([
    { command: "spawnbroker up", description: "In the foreground, until Ctrl-C" },
    { command: "spawnbroker up -d --wait", description: "In the background, and ready" }
  ])
)

const check = Command.make("check", { config }, (input) =>
  Effect.flatMap(
    Effect.promise(() => import("../work/check-config.ts")),
    ({ checkConfig }) => checkConfig(input.config)
  )
).pipe(
  Command.withDescription(
    "Points at every mistake in a project's configuration, as file:line:column. Starts nothing. Exits with 78 if there are any."
  ),
  Command.withShortDescription("Point at the mistakes in a configuration")
)

const configuration = Command.make("config").pipe(
  Command.withDescription("Checks the configuration of a project."),
  Command.withSubcommands([check])
)

const all = flag("all", "All processes of its broker, too").pipe(Flag.withAlias("a"))
const ps = Command.make("ps", { config, all }, (input) =>
  Effect.flatMap(daemons, (work) => work.ps(input.config, input.all))
).pipe(
  Command.withDescription("Lists the daemons of a project that is up. Exits with 69 if it is not."),
  Command.withShortDescription("List the daemons")
)

const follow = flag("follow", "Go on with what comes").pipe(Flag.withAlias("f"))
const tail = Flag.Int("tail").pipe(
  Flag.withAlias("n"),
  Flag.withDescription("The last lines of each, so many"),
  Flag.filter(
    (lines) => lines >= 0,
    () => "a number of lines, from 0 on"
  ),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)
const logs = Command.make("logs", { config, follow, tail, names: names("Daemons. Absent: all", 0) }, (input) =>
  Effect.flatMap(daemons, (work) => work.logs(input))
).pipe(
  Command.withDescription(
    "Shows what daemons have put out, as far as it is kept. With --json a line of JSON for each."
  ),
  Command.withShortDescription("Show what daemons put out")
)

const signal = Flag.Literals("signal", signals).pipe(
  Flag.withAlias("s"),
  Flag.withDefault("SIGTERM"),
  Flag.withDescription("Which signal"),
  Flag.withMetavar("name")
)
const targets = Argument.String("target").pipe(
  Argument.withDescription("Daemons by name, or processes as `ps --all` names them"),
  Argument.variadic({ min: 1 })
)
const kill = Command.make("kill", { config, signal, targets }, (input) =>
  Effect.flatMap(daemons, (work) => work.kill(input.config, input.targets, input.signal))
).pipe(
  Command.withDescription(
    "Sends a signal to the process groups of daemons, or of processes. A daemon that ends by it is started again as its restart policy says."
  ),
  Command.withShortDescription("Send a signal")
)

const some = names("Daemons", 1)
const start = Command.make("start", { config, wait, names: some }, (input) =>
  Effect.flatMap(daemons, (work) => work.start(input.config, input.names, input.wait))
).pipe(Command.withDescription("Starts daemons that were stopped."))

const restart = Command.make("restart", { config, wait, names: some }, (input) =>
  Effect.flatMap(daemons, (work) => work.restart(input.config, input.names, input.wait))
).pipe(Command.withDescription("Stops daemons and starts them again, with nothing counted against them."))

const stop = Command.make("stop", { config, names: some }, (input) =>
  Effect.flatMap(daemons, (work) => work.stop(input.config, input.names))
).pipe(
  Command.withDescription("Stops daemons, those that depend on others first. The project stays up; `down` ends it.")
)

const now = flag("now", "Do not wait for them: SIGKILL in a moment")
const down = Command.make("down", { config, now }, (input) =>
  Effect.flatMap(daemons, (work) => work.down(input.config, input.now))
).pipe(Command.withDescription("Stops the daemons of a project, those that depend on others first, and ends it."))

const file = Flag.Path("file").pipe(
  Flag.withDescription("The file of the token, which only its user can read. Absent: stdout, or stdin"),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)
const policy = Argument.String("policy").pipe(Argument.withDescription("One of the configuration's `policies`"))
const expires = Flag.String("expires").pipe(
  Flag.withDescription('How long it is good for, such as "8 hours". Absent: as the policy says'),
  Flag.optional,
  Flag.map(Option.getOrUndefined)
)
const mint = Command.make("mint", { config, policy, expires, file }, (input) =>
  Effect.flatMap(tokens, (work) => work.mint(input))
).pipe(
  Command.withDescription(
    "Mints a token of a policy of the project. With --json, also the socket at which it is good. It ends with the project."
  )
)

const killToo = flag("kill", "End what runs with it, too")
const revoke = Command.make("revoke", { config, file, kill: killToo }, (input) =>
  Effect.flatMap(tokens, (work) => work.revoke(input.config, input.file, input.kill))
).pipe(Command.withDescription("Revokes a token, which it reads from a file or from stdin."))

const token = Command.make("token").pipe(
  Command.withDescription("Mints and revokes tokens of a project that is up."),
  Command.withSubcommands([mint, revoke])
)

export const projectCommands = [up, down, ps, logs, start, stop, restart, kill, token, configuration] as const
