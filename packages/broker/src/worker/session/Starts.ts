/**
 * What a session starts: each process on the channel that the client has chosen for it, or on none. Those that are not over are
 * the session's own.
 */
import {
  atStage,
  type Channel,
  type ProcessError,
  type ProcessInfo,
  type SpawnedProcess,
  type SpawnSpec,
  type StageLink,
  type StartOperation
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Capability } from "../access/Capability.ts"
import type { Confined } from "../confine/Confinement.ts"
import { admit, type Asked, askFor, authorizeStart } from "../process/admit.ts"
import { launch } from "../process/launch.ts"
import { launchPipeline } from "../process/launch-pipeline.ts"
import type { Process } from "../process/Process.ts"
import { joinStages } from "../spawn/join-stages.ts"
import type { Worker } from "../Worker.ts"
import type { Channels } from "./Channels.ts"

/** A process that is to be started on a channel. */
interface Start {
  readonly channel: Channel
  readonly spec: SpawnSpec
}

export class Starts {
  readonly #worker: Worker
  readonly #capability: Capability
  readonly #channels: Channels
  /** Started here, and not over yet: they end with the session unless the policy says otherwise. */
  readonly #own = new Set<Process>()
  /**
   * Pipelines are started one after the other: each holds descriptors from its first stage to its last, so two that wait for
   * more could wait for each other. Those of two clients could, for as long as a start is tried; but a client must not be
   * able to hold up another's.
   */
  readonly #pipelineStarts = Semaphore.makeUnsafe(1)

  constructor(worker: Worker, capability: Capability, channels: Channels) {
    this.#worker = worker
    this.#capability = capability
    this.#channels = channels
  }

  /** Starts a process on a channel. */
  spawn(channel: Channel, spec: SpawnSpec): Effect.Effect<SpawnedProcess, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#channels.checkFree([channel])
      const process = yield* this.#admit("spawn", spec)
      this.#channels.put(channel, process)
      yield* Effect.tapError(launch(process, this.#worker.spawner), () =>
        Effect.sync(() => this.#channels.drop(channel))
      )
      return process.spawned
    })
  }

  /** Starts processes that are joined by links, each on a channel: all of them, or none. */
  pipeline(
    stages: ReadonlyArray<Start>,
    stageLinks: ReadonlyArray<StageLink>
  ): Effect.Effect<ReadonlyArray<SpawnedProcess>, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      const authorized = yield* Effect.forEach(stages, ({ spec }, stage) =>
        Effect.suspend(() => {
          const asked = askFor(this.#worker, this.#capability, "pipeline", spec)
          return Effect.map(authorizeStart(asked), (confined) => ({ asked, confined }))
        }).pipe(Effect.mapError((error) => atStage(error, stage)))
      )
      yield* this.#channels.checkFree(stages.map(({ channel }) => channel))
      const { spawner } = this.#worker
      const links = stageLinks.map(() => spawner.openLink())
      const requests = joinStages(
        authorized.map(({ confined }) => confined.request),
        stageLinks,
        links
      )
      const start = Effect.gen({ self: this }, function* () {
        const processes: Array<Process> = []
        for (const [stage, { channel }] of stages.entries()) {
          const { asked, confined } = authorized[stage]!
          const process = yield* this.#addOwn(asked, { ...confined, request: requests[stage]! }).pipe(
            Effect.mapError((error) => atStage(error, stage)),
            Effect.tapError((error) => Effect.sync(() => processes.forEach((each) => each.failed(error))))
          )
          processes.push(process)
          this.#channels.put(channel, process)
        }
        yield* this.#pipelineStarts.withPermits(1)(launchPipeline(processes, links, spawner))
        return processes.map(({ spawned }) => spawned)
      })
      const release = Effect.forEach(stages, ({ channel }) => this.#channels.release(channel), {
        concurrency: "unbounded"
      })
      return yield* Effect.tapError(start, () => release)
    })
  }

  /** Starts a process on no channel. */
  start(spec: SpawnSpec): Effect.Effect<ProcessInfo, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      const process = yield* this.#admit("start", spec)
      yield* launch(process, this.#worker.spawner)
      return process.info
    })
  }

  /** Nothing is the session's own any more. Answers what was. */
  giveUp(): ReadonlyArray<Process> {
    const own = [...this.#own]
    this.#own.clear()
    return own
  }

  #admit(operation: StartOperation, spec: SpawnSpec): Effect.Effect<Process, ProcessError> {
    return Effect.suspend(() => {
      const asked = askFor(this.#worker, this.#capability, operation, spec)
      return Effect.flatMap(authorizeStart(asked), (confined) => this.#addOwn(asked, confined))
    })
  }

  /** A process of this session, known to the registry and not yet started. */
  #addOwn(asked: Asked, confined: Confined) {
    return Effect.tap(
      admit(asked, confined, (process) => this.#own.delete(process)),
      (process) => Effect.sync(() => this.#own.add(process))
    )
  }
}
