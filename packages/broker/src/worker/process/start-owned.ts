import type { ProcessError, SpawnSpec, StartOperation } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Capability } from "../access/Capability.ts"
import type { SpawnRequest } from "../spawn/Spawner.ts"
import type { Worker } from "../Worker.ts"
import { admit, askFor, authorizeStart } from "./admit.ts"
import { launch } from "./launch.ts"
import type { Process } from "./Process.ts"

export interface StartOwnedOptions {
  readonly operation: StartOperation
  /** What the broker itself adds to what was allowed. */
  readonly complete: (request: SpawnRequest) => SpawnRequest
  /** Gets it before it is started, so that nothing of it is missed. */
  readonly begin: (process: Process) => void
}

/**
 * A process that is started in the name of a token, by no session. It is authorised now, whatever was so before.
 *
 * **Interruption**: it is started all the same.
 */
export const startOwned = (
  worker: Worker,
  owner: Capability,
  spec: SpawnSpec,
  { operation, complete, begin }: StartOwnedOptions
): Effect.Effect<Process, ProcessError> =>
  Effect.gen(function* () {
    const asked = askFor(worker, owner, operation, spec)
    const process = yield* admit(asked, yield* authorizeStart(asked, complete))
    begin(process)
    yield* launch(process, worker.spawner)
    return process
  }).pipe(Effect.uninterruptible)
