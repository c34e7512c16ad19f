import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import { print } from "./output.ts"

const shell = Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("Of which shell"))

/** Of a command, which is asked for only then: it holds this one. */
export const completions = (whole: () => Command.Command.Any) =>
  Command.make("completions", { shell }, (input) =>
    Effect.sync(() => print(Completions.generate("spawnbroker", input.shell, Completions.fromCommand(whole()))))
  ).pipe(
    Command.withDescription("Prints what makes a shell complete this command."),
    Command.withExamples([
      { command: "source <(spawnbroker completions bash)" },
      { command: "spawnbroker completions fish > ~/.config/fish/completions/spawnbroker.fish" }
    ])
  )
