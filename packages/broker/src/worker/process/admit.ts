/**
 * What every process goes through before it is started, whoever asks for it: the policy, the confines, the quotas, the registry.
 */
import { type BrokerUnavailable, LimitExceeded, type SpawnSpec, type StartOperation } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Authorized, authorize, type AuthorizeError } from "../access/Authorizer.ts"
import type { Capability } from "../access/Capability.ts"
import { linksOf } from "../access/Grant.ts"
import { redactCommand, redactError } from "../access/redact.ts"
import type { Confined, ConfineError } from "../confine/Confinement.ts"
import { ProcessNews } from "../events/ProcessNews.ts"
import type { Worker } from "../Worker.ts"
import { Process } from "./Process.ts"

/** A start that is asked for: in whose name, and what. */
export interface Asked {
  readonly worker: Worker
  readonly owner: Capability
  readonly spec: SpawnSpec
  readonly news: ProcessNews
}

export const askFor = (worker: Worker, owner: Capability, operation: StartOperation, spec: SpawnSpec): Asked => ({
  worker,
  owner,
  spec,
  news: new ProcessNews(worker.bus, worker.redact, owner, operation, spec)
})

type Complete = (request: Authorized["request"]) => Authorized["request"]

/** Whether it may run, and within which confines. `complete`: what the broker itself adds to what was allowed. */
export const authorizeStart = (
  { worker, owner, spec, news }: Asked,
  complete: Complete = (request) => request
): Effect.Effect<Confined, AuthorizeError | ConfineError | LimitExceeded> => {
  const { confinement, redact } = worker
  return Effect.suspend(() =>
    Effect.fromResult(
      Result.flatMap(authorizeAll(worker, owner, spec), (authorized) =>
        confinement.confine({ ...authorized, request: complete(authorized.request) }, spec)
      )
    )
  ).pipe(
    Effect.mapError((error) => redactError(redact, error)),
    Effect.tap(() => Effect.sync(() => news.authorized())),
    Effect.tapError((error) => Effect.sync(() => news.refused(error)))
  )
}

const authorizeAll = ({ host, transforms }: Worker, { grant }: Capability, spec: SpawnSpec) =>
  Result.flatMap(authorize(grant, host, spec), (authorized) =>
    Result.map(transforms.check(spec.transforms), () => authorized)
  )

/** A process that may run, and for which there is room, known to the registry and not yet started. `closed`: it is over. */
export const admit = (
  { worker, owner, spec, news }: Asked,
  confined: Confined,
  closed: (process: Process) => void = () => {}
): Effect.Effect<Process, BrokerUnavailable | LimitExceeded> =>
  Effect.suspend((): Effect.Effect<Process, BrokerUnavailable | LimitExceeded> => {
    const { quotas, redact, registry } = worker
    const place = quotas.take(linksOf(owner.grant))
    if (place instanceof LimitExceeded) return Effect.fail(place)
    // What runs is in `confined`; the specification is what is told of it.
    const process: Process = new Process(owner, redactCommand(redact, spec), confined, news, worker.transforms, {
      exited: () => place.giveBack(),
      closed: () => {
        closed(process)
        registry.ended(process)
      }
    })
    return registry.add(process).pipe(
      Effect.tapError(() => Effect.sync(() => place.giveBack())),
      Effect.as(process)
    )
  }).pipe(Effect.tapError((error) => Effect.sync(() => news.refused(error))))
