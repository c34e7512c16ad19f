import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import { constants } from "node:os"

/** What a program has to say at its end. */
export type ExitCode = number

/** What a shell expects of a process that a signal has ended. */
const codeOfSignal = (signal: NodeJS.Signals): ExitCode => 128 + constants.signals[signal]

/** Time for sockets and timers to go by themselves after the program has ended. Longer only delays the complaint. */
const LEAVING_MS = 3000

/**
 * Runs a program to its end and sets the exit code of this process.
 *
 * SIGINT, SIGTERM and SIGHUP, or `quit`, interrupt it: its scopes close, and what they hold is ended. A second signal
 * does not wait for that; the broker's launcher then ends the processes.
 */
export const runToExit = async (
  load: (quit: () => void) => Promise<Effect.Effect<ExitCode, unknown>>
): Promise<void> => {
  const interruption = new AbortController()
  let stoppedBy: ExitCode | undefined
  const stop = (code: ExitCode): void => {
    if (stoppedBy !== undefined) process.exit(code)
    stoppedBy = code
    interruption.abort()
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(codeOfSignal(signal)))
  // Whoever read us has gone (`pnpm demo | head`): there is nobody to go on for.
  process.stdout.on("error", () => stoppedBy === undefined && stop(1))

  const program = await load(() => stop(codeOfSignal("SIGINT")))
  // A fiber that waits does not keep Node alive by itself.
  const keepAlive = setInterval(() => {}, 60_000)
  const exit = await Effect.runPromiseExit(program, { signal: interruption.signal })
  clearInterval(keepAlive)
  process.exitCode = stoppedBy ?? codeOf(exit)
  setTimeout(() => process.exit(), LEAVING_MS).unref()
}

const codeOf = (exit: Exit.Exit<ExitCode, unknown>): ExitCode => {
  if (Exit.isSuccess(exit)) return exit.value
  process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  return 1
}
