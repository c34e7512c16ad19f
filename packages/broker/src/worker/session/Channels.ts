/**
 * The processes that a session has started and not released, each on the channel that the client chose for it.
 */
import {
  type BrokerFrameEncoded,
  type BrokerUnavailable,
  type Channel,
  type ClientFrame,
  InvalidArgument,
  type InvalidToken,
  LimitExceeded,
  ProcessError,
  type ProcessInfo,
  type SpawnSpec
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { authorize } from "../access/Authorizer.ts"
import type { Capability } from "../access/TokenStore.ts"
import { launch } from "../process/launch.ts"
import { Process } from "../process/Process.ts"
import type { Worker } from "../Worker.ts"
import type { DataPort } from "./DataPort.ts"

/** Processes that one connection may hold. */
const MAX_CHANNELS = 65_536

export class Channels {
  readonly #worker: Worker
  readonly #capability: Capability
  readonly #data: DataPort
  readonly #onBreach: () => void
  readonly #processes = new Map<Channel, Process>()

  /** `onBreach`: the client has sent more than it had credit for. */
  constructor(worker: Worker, capability: Capability, data: DataPort, onBreach: () => void) {
    this.#worker = worker
    this.#capability = capability
    this.#data = data
    this.#onBreach = onBreach
  }

  spawn(channel: Channel, spec: SpawnSpec): Effect.Effect<ProcessInfo, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#checkFree(channel)
      const process = yield* this.#admit(channel, spec)
      this.#processes.set(channel, process)
      yield* Effect.tapError(launch(process, this.#worker.spawner), () =>
        Effect.sync(() => this.#processes.delete(channel))
      )
      return process.info
    })
  }

  /** Ends what runs on a channel, and forgets it. Answers whether there was anything. */
  release(channel: Channel): Effect.Effect<boolean> {
    return Effect.promise(async () => {
      const process = this.#processes.get(channel)
      if (process === undefined) return false
      process.abandonOutput()
      await process.end("client")
      process.closeOutputs()
      this.#processes.delete(channel)
      return true
    })
  }

  receive(frame: ClientFrame): void {
    const process = this.#processes.get(frame.channel)
    // Frames for a channel that has just been released may still be under way.
    if (process === undefined) return
    switch (frame._tag) {
      case "Credit":
        return process.output(frame.stream)?.grant(frame.bytes)
      case "Drain":
        return process.output(frame.stream)?.drain()
      case "Stdin":
        if (process.input?.write(frame.bytes) === false) this.#onBreach()
        return
      case "StdinEnd":
        return process.input?.end()
    }
  }

  /** Says why on each channel, closes the data port, and gives up the processes to whoever asked. They run on. */
  close(error: InvalidToken | BrokerUnavailable): ReadonlyArray<Process> {
    const encoded = encodeError(error)
    for (const channel of this.#processes.keys()) this.#data.post({ _tag: "Lost", channel, error: encoded })
    this.#data.close()
    const processes = [...this.#processes.values()]
    for (const process of processes) process.abandon()
    this.#processes.clear()
    return processes
  }

  #checkFree(channel: Channel): Effect.Effect<void, InvalidArgument | LimitExceeded> {
    if (this.#processes.has(channel)) {
      return Effect.fail(new InvalidArgument({ argument: "channel", problem: `${channel} is in use` }))
    }
    return this.#processes.size < MAX_CHANNELS
      ? Effect.void
      : Effect.fail(new LimitExceeded({ limit: "channels", maximum: MAX_CHANNELS }))
  }

  /** A process that may run, known to the registry and not yet started. */
  #admit(channel: Channel, spec: SpawnSpec): Effect.Effect<Process, ProcessError> {
    const { registry, host } = this.#worker
    const { grant, tokenId } = this.#capability
    return Effect.flatMap(Effect.fromResult(authorize(grant, host, spec)), (authorized) => {
      const process: Process = new Process({ subject: grant.subject, tokenId }, spec, authorized, {
        frame: (frame) => this.#data.post({ ...frame, channel } as BrokerFrameEncoded),
        closed: () => registry.ended(process)
      })
      return Effect.as(registry.add(process), process)
    })
  }
}

const encodeError = Schema.encodeSync(ProcessError)
