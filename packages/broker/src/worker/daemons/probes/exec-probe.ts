import type { SpawnSpec } from "@spawnbroker/protocol"
import { describeExit, isSuccess } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Capability } from "../../access/Capability.ts"
import type { Process } from "../../process/Process.ts"
import { startOwned } from "../../process/start-owned.ts"
import type { Worker } from "../../Worker.ts"
import type { Marks } from "../files/PidFile.ts"
import type { Check } from "./Probe.ts"

/** Whether a command exits with 0. It is killed where it takes too long. */
export const execProbe = (worker: Worker, owner: Capability, spec: SpawnSpec, marks: Marks): Check =>
  Effect.scoped(
    Effect.gen(function* () {
      const exited = Promise.withResolvers<void>()
      const begin = (process: Process): void => {
        process.view({
          ...view,
          frame: (frame) => frame._tag === "Lifecycle" && frame.event._tag === "Exited" && exited.resolve()
        })
        worker.daemons.began(process)
      }
      const complete = <R extends { readonly env: Marks }>(request: R): R => ({
        ...request,
        env: { ...request.env, ...marks }
      })
      const started = yield* Effect.acquireRelease(
        startOwned(worker, owner, spec, { operation: "probe", begin, complete }).pipe(
          Effect.mapError(({ message }) => message)
        ),
        (each) => Effect.promise(() => each.end("client", { steps: [] }))
      )
      yield* Effect.promise(() => exited.promise)
      const { exit } = started.status
      if (exit !== undefined && !isSuccess(exit)) yield* Effect.fail(`${spec.command}: ${describeExit(exit)}`)
    })
  )

/** It has no outputs. */
const view = { windowBytes: 4096, unread: "tail", mayWrite: false, replay: false, over: () => {} } as const
