import type { ProcessError, SpawnSpec } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { type Authorized, authorize } from "../access/Authorizer.ts"
import type { Capability } from "../access/Capability.ts"
import { redactCommand, redactError } from "../access/redact.ts"
import type { Worker } from "../Worker.ts"
import { launch } from "./launch.ts"
import { Process } from "./Process.ts"

/** What the broker itself adds to what was allowed. */
type Complete = (request: Authorized["request"]) => Authorized["request"]

/**
 * A process that is started in the name of a token, by no session. It is authorised now, whatever was so before.
 *
 * `begin` gets it before it is started, so that nothing of it is missed. **Interruption**: it is started all the same.
 */
export const startOwned = (
  worker: Worker,
  owner: Capability,
  spec: SpawnSpec,
  {
    complete = (request) => request,
    begin = () => {}
  }: { readonly complete?: Complete; readonly begin?: (process: Process) => void } = {}
): Effect.Effect<Process, ProcessError> =>
  Effect.gen(function* () {
    const { host, redact, registry, spawner } = worker
    const authorized = yield* Effect.suspend(() => Effect.fromResult(authorize(owner.grant, host, spec))).pipe(
      Effect.mapError((error) => redactError(redact, error))
    )
    const allowed = { ...authorized, request: complete(authorized.request) }
    const process: Process = new Process(owner, redactCommand(redact, spec), allowed, () => registry.ended(process))
    yield* registry.add(process)
    begin(process)
    yield* launch(process, spawner)
    return process
  }).pipe(Effect.uninterruptible)
