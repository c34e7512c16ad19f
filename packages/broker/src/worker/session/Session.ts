/**
 * One client: its control port, its data port, its token, and the processes on its channels.
 */
import {
  type BrokerFrameEncoded,
  BrokerUnavailable,
  type Channel,
  type ClientFrame,
  InvalidArgument,
  InvalidToken,
  LimitExceeded,
  type Operations,
  Operations as OperationGroup,
  type Port,
  PROTOCOL_VERSION,
  ProcessError,
  type SpawnSpec,
  Unsupported
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { MessagePort } from "node:worker_threads"
import { authorize } from "../access/Authorizer.ts"
import type { Capability } from "../access/TokenStore.ts"
import type { Worker } from "../Worker.ts"
import { launch } from "../process/launch.ts"
import { Process } from "../process/Process.ts"
import { DataPort } from "./DataPort.ts"
import { type Handlers, serve } from "./serve.ts"

/** Wrong tokens that one connection may present. */
const MAX_FAILED_CONNECTS = 5
/** Messages that are not ours, after which a connection is closed. */
const MAX_MALFORMED = 1000
/** Processes that one connection may hold. */
const MAX_CHANNELS = 65_536

type State =
  | { readonly _tag: "Unconnected" }
  | { readonly _tag: "Connected"; readonly capability: Capability; readonly data: DataPort }
  | { readonly _tag: "Over"; readonly error: InvalidToken | BrokerUnavailable }

interface ConnectPayload {
  readonly version: number
  readonly token: string
  readonly data: Port
}

type Connected = Extract<State, { readonly _tag: "Connected" }>

export class Session {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #channels = new Map<Channel, Process>()
  #state: State = { _tag: "Unconnected" }
  #failedConnects = 0
  #malformed = 0

  constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker
    this.#port = port
    serve(OperationGroup, port, this.#handlers, {
      onMalformed: () => this.#countMalformed(),
      onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`),
      fallback: new BrokerUnavailable({ reason: "it made a mistake, which its log tells" })
    })
    port.on("close", () => this.#lost())
    port.start()
  }

  get tokenId(): string | undefined {
    return this.#state._tag === "Connected" ? this.#state.capability.tokenId : undefined
  }

  /** The token is no longer good: every later call says so, and so does every channel. Its processes run on. */
  revoke(): void {
    this.#over(new InvalidToken({ reason: "revoked" }))
  }

  /** The broker is going. The ports are closed, once what was still to say has been said. */
  close(): void {
    this.#over(new BrokerUnavailable({ reason: "it was shut down" }))
    this.#port.close()
  }

  readonly #handlers: Handlers<Operations> = {
    connect: (payload) => this.#connect(payload),
    spawn: ({ channel, spec }) => this.#whenConnected((connected) => this.#spawn(connected, channel, spec)),
    release: ({ channel }) => this.#whenConnected(() => this.#release(channel)),
    kill: ({ target, signal = "SIGTERM", forceKillAfterMs }) =>
      this.#whenConnected((connected) =>
        Effect.gen({ self: this }, function* () {
          const process = yield* this.#worker.registry.running(target, (candidate) =>
            mayKill(connected.capability, candidate)
          )
          yield* Effect.promise(() => process.signal(signal))
          if (forceKillAfterMs !== undefined) process.forceKillAfter(forceKillAfterMs)
        })
      ),
    list: () =>
      this.#whenConnected(({ capability }) =>
        Effect.sync(() =>
          this.#worker.registry.all.filter((process) => mayObserve(capability, process)).map(({ info }) => info)
        )
      ),
    get: ({ id }) =>
      this.#whenConnected(({ capability }) => Effect.map(this.#visible(capability, id), ({ info }) => info)),
    status: ({ id }) =>
      this.#whenConnected(({ capability }) => Effect.map(this.#visible(capability, id), ({ status }) => status))
  }

  #visible(capability: Capability, id: string) {
    return this.#worker.registry.get(id, (process) => mayObserve(capability, process))
  }

  #whenConnected<A, E>(
    run: (connected: Connected) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | InvalidToken | BrokerUnavailable> {
    return Effect.suspend((): Effect.Effect<A, E | InvalidToken | BrokerUnavailable> => {
      if (this.#state._tag === "Connected") return run(this.#state)
      return Effect.fail(this.#state._tag === "Over" ? this.#state.error : new InvalidToken({ reason: "missing" }))
    })
  }

  /** A port that is not taken is closed, so that none can be left behind with us. */
  #connect(payload: ConnectPayload) {
    return Effect.tapError(this.#present(payload), () =>
      Effect.sync(() => {
        payload.data.close()
        // Later than the answer, so that it is heard.
        if (++this.#failedConnects >= MAX_FAILED_CONNECTS) setImmediate(() => this.#port.close())
      })
    )
  }

  #present({ version, token, data }: ConnectPayload) {
    return Effect.gen({ self: this }, function* () {
      if (version !== PROTOCOL_VERSION) {
        return yield* new Unsupported({
          feature: `version ${version} of the protocol`,
          hint: `This broker speaks version ${PROTOCOL_VERSION}; install the client of the same release.`
        })
      }
      if (this.#state._tag !== "Unconnected") {
        return yield* new InvalidArgument({
          argument: "connect",
          problem: "this connection has presented its token already"
        })
      }
      const capability = yield* Effect.fromResult(this.#worker.tokens.check(token))
      this.#state = { _tag: "Connected", capability, data: this.#openData(data) }
      return { subject: capability.grant.subject }
    })
  }

  #openData(port: Port): DataPort {
    return new DataPort(port, {
      frame: (frame) => this.#survive(() => this.#receive(frame)),
      malformed: () => this.#countMalformed()
    })
  }

  #spawn({ capability, data }: Connected, channel: Channel, spec: SpawnSpec) {
    return Effect.gen({ self: this }, function* () {
      if (this.#channels.has(channel)) {
        return yield* new InvalidArgument({ argument: "channel", problem: `${channel} is in use` })
      }
      if (this.#channels.size >= MAX_CHANNELS)
        return yield* new LimitExceeded({ limit: "channels", maximum: MAX_CHANNELS })
      const { grant, tokenId } = capability
      const authorized = yield* Effect.fromResult(authorize(grant, this.#worker.host, spec))
      const process: Process = new Process({ subject: grant.subject, tokenId }, spec, authorized, {
        frame: (frame) => data.post({ ...frame, channel } as BrokerFrameEncoded),
        closed: () => this.#worker.registry.ended(process)
      })
      yield* this.#worker.registry.add(process)
      this.#channels.set(channel, process)
      yield* Effect.tapError(launch(process, this.#worker.spawner), () =>
        Effect.sync(() => this.#channels.delete(channel))
      )
      return process.info
    })
  }

  #release(channel: Channel): Effect.Effect<boolean> {
    return Effect.promise(async () => {
      const process = this.#channels.get(channel)
      if (process === undefined) return false
      process.abandon()
      await process.end("client")
      process.closeOutputs()
      this.#channels.delete(channel)
      return true
    })
  }

  #receive(frame: ClientFrame): void {
    const process = this.#channels.get(frame.channel)
    // Frames for a channel that has just been released may still be under way.
    if (process === undefined) return
    switch (frame._tag) {
      case "Credit":
        return process.output(frame.stream)?.grant(frame.bytes)
      case "Drain":
        return process.output(frame.stream)?.drain()
      case "Stdin":
        if (process.input?.write(frame.bytes) === false) this.#countMalformed()
        return
      case "StdinEnd":
        return process.input?.end()
    }
  }

  /** A mistake of ours that one client can provoke must not become everybody's. */
  #survive(run: () => void): void {
    try {
      run()
    } catch (cause) {
      this.#worker.log("Error", `A session broke and was closed: ${String(cause)}`)
      this.#port.close()
    }
  }

  #countMalformed(): void {
    this.#worker.malformedMessages++
    if (++this.#malformed === MAX_MALFORMED) this.#port.close()
  }

  /** The client has closed its end, or its thread is gone. */
  #lost(): void {
    for (const process of this.#over(new BrokerUnavailable({ reason: "the connection was closed" })))
      void process.end("client")
    this.#worker.sessions.delete(this)
  }

  /** Ends the session, and gives up its processes to whoever asked. */
  #over(error: InvalidToken | BrokerUnavailable): ReadonlyArray<Process> {
    const processes = [...this.#channels.values()]
    if (this.#state._tag === "Connected") {
      const encoded = encodeError(error)
      for (const channel of this.#channels.keys()) this.#state.data.post({ _tag: "Lost", channel, error: encoded })
      this.#state.data.close()
    }
    if (this.#state._tag !== "Over") this.#state = { _tag: "Over", error }
    for (const process of processes) process.abandon()
    this.#channels.clear()
    return processes
  }
}

const encodeError = Schema.encodeSync(ProcessError)

const mayObserve = ({ grant, tokenId }: Capability, process: Process): boolean =>
  grant.observe === "all" || process.owner.tokenId === tokenId

const mayKill = ({ grant, tokenId }: Capability, process: Process): boolean =>
  grant.kill === "all" || process.owner.tokenId === tokenId
