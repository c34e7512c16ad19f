import { atStage, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as PlatformError from "effect/PlatformError"
import type { ChildProcessHandle } from "effect/process/ChildProcessSpawner"
import type * as Scope from "effect/Scope"
import type { ClientHandle } from "../Client.ts"
import { toBrokered } from "./command-options.ts"
import type { JoinedStage } from "./join-commands.ts"
import { toPlatformError } from "./platform-error.ts"
import { handleOf } from "./spawn-command.ts"
import { startChildren } from "./start-children.ts"

/**
 * Starts commands that are joined by pipes of the kernel: all of them, or none. `index` is that of the first in the whole
 * pipeline.
 */
export const spawnJoined = (
  client: ClientHandle,
  stages: ReadonlyArray<JoinedStage>,
  index: number
): Effect.Effect<ReadonlyArray<ChildProcessHandle>, PlatformError.PlatformError, Scope.Scope> =>
  Effect.gen(function* () {
    const brokered = yield* Effect.forEach(stages, ({ command }) => Effect.fromResult(toBrokered(command)))
    const wanted = stages.map(({ command, from, to }, stage) => {
      const { args, options } = brokered[stage]!
      return { command: command.command, args, options, from, to }
    })
    const start = client.pipeline(wanted).pipe(
      Effect.map((pipeline) => pipeline.stages),
      Effect.mapError((error) => {
        const stage = stageOf(error)
        return toPlatformError(
          "spawn",
          stages[stage ?? 0]!.command
        )(stage === undefined ? error : atStage(error, index + stage))
      })
    )
    const children = yield* startChildren(start)
    return yield* Effect.forEach(children, (child, stage) => handleOf(child, stages[stage]!.command, brokered[stage]!))
  })

/** Of which command an error is, if it says so. */
const stageOf = (error: ProcessError): number | undefined => ("stage" in error ? error.stage : undefined)
