/** Runs the command line, and ends as its command says. */
import * as NodeChildProcessSpawner from "@effect/platform-node-shared/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import * as NodeStdio from "@effect/platform-node-shared/NodeStdio"
import * as NodeTerminal from "@effect/platform-node-shared/NodeTerminal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import packageJson from "../package.json" with { type: "json" }
import { exitCodes } from "./exit-codes.ts"
import { asFailure } from "./Failure.ts"
import { dieBy, type Heard, hearSignals } from "./process/Signals.ts"
import { spawnbroker } from "./spawnbroker.ts"

const args = process.argv.slice(2)
const services = Layer.mergeAll(
  Layer.provideMerge(
    NodeChildProcessSpawner.layer,
    Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeStdio.layer, NodeTerminal.layer)
  ),
  // `completions` is a command of ours; the others nobody needs here.
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })
)

// Somebody who reads no further, such as `head`, is no error.
process.stdout.on("error", (cause: NodeJS.ErrnoException) =>
  process.exit(cause.code === "EPIPE" ? 0 : exitCodes.failure)
)

const fiber = Effect.runFork(
  Command.runWith(spawnbroker, { version: packageJson.version })(args).pipe(Effect.provide(services))
)

let interruptedBy: Heard | undefined
hearSignals((signal) => {
  interruptedBy = signal
  fiber.interruptUnsafe()
})

const report = (error: unknown): number => {
  // The command line was wrong: that has been said, with the help.
  if (CliError.isCliError(error)) return exitCodes.usage
  const { message, exitCode, code, mistakes } = asFailure(error)
  if (message === "") return exitCode
  if (args.includes("--json"))
    process.stderr.write(`${JSON.stringify({ error: { code, exitCode, message, mistakes } })}\n`)
  else process.stderr.write(`${message}\n`)
  return exitCode
}

const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isFailure(exit)) {
  if (interruptedBy !== undefined && Cause.hasInterruptsOnly(exit.cause)) dieBy(interruptedBy)
  else process.exitCode = report(Cause.squash(exit.cause))
}
