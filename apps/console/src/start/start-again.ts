import type { BackgroundCommand, ProcessId, ProcessInfo } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import type { Desk } from "../connection/Desk.ts"
import { isRunning } from "../processes/words.ts"

/** The line of a process that a shell was started with; nothing for any other. */
export const shellLineOf = ({ command, args }: Pick<ProcessInfo, "command" | "args">): string | undefined =>
  command === "sh" && args[0] === "-c" && args.length === 2 ? args[1] : undefined

/**
 * Starts the same command in the same directory, and ends the one that runs before. What the policy does not allow is not
 * ended for it.
 */
export const startAgain = (desk: Desk, process: ProcessInfo): Promise<ProcessId> => {
  const { command, args, cwd } = process
  const line = shellLineOf(process)
  const again: BackgroundCommand = line ?? [command, ...args]
  return desk.ask((client) =>
    Effect.gen(function* () {
      const verdict = yield* line === undefined
        ? client.explain(command, args, { cwd })
        : client.explain(line, [], { cwd, shell: true })
      if (verdict._tag === "Denied") return yield* Effect.fail(verdict.error)
      if (isRunning(process))
        yield* Effect.catchTag(client.stop({ id: process.id }), "AlreadyExited", () => Effect.void)
      return yield* client.start(again, { cwd, stdin: "pipe" })
    })
  )
}
