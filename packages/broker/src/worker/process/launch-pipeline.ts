import { atStage, BrokerUnavailable, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Link, Spawner } from "../spawn/Spawner.ts"
import { launch } from "./launch.ts"
import type { Process } from "./Process.ts"

/**
 * Starts the processes of a pipeline, all at once; the pipes between them hold whatever comes first. If one of them cannot be
 * started, those that can are killed: whoever asked has still to wait for that.
 */
export const launchPipeline = (
  processes: ReadonlyArray<Process>,
  links: ReadonlyArray<Link>,
  spawner: Spawner
): Effect.Effect<void, ProcessError> =>
  Effect.suspend(() => {
    let reason: ProcessError | undefined
    const giveUp = (error: ProcessError): void => {
      reason ??= error
      for (const process of processes) void process.end("client", { steps: [] })
    }
    const launchOne = (process: Process, stage: number): Effect.Effect<void> =>
      launch(process, spawner).pipe(
        Effect.tapError((error) => Effect.sync(() => giveUp(atStage(error, stage)))),
        Effect.ignore
      )
    if (processes.some(({ isEnding }) => isEnding)) {
      giveUp(endedBefore)
      for (const process of processes) process.failed(endedBefore)
      return Effect.fail(endedBefore)
    }
    return Effect.forEach(processes, launchOne, { concurrency: "unbounded", discard: true }).pipe(
      Effect.andThen(Effect.suspend(() => (reason === undefined ? Effect.void : Effect.fail(reason))))
    )
  }).pipe(
    // The children have their ends by now, or none will have one.
    Effect.ensuring(Effect.sync(() => links.forEach((link) => link.close())))
  )

const endedBefore = new BrokerUnavailable({ reason: "the pipeline was ended before it had started" })
