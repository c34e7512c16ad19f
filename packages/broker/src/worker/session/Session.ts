/**
 * One client: its control port, its data port, its token, and the processes on its channels.
 */
import {
  BrokerUnavailable,
  type ErrorTag,
  InvalidArgument,
  InvalidToken,
  LimitExceeded,
  type Operations,
  Operations as OperationGroup,
  type Port,
  type ProcessId,
  type ProcessTarget,
  PROTOCOL_VERSION,
  type Signal,
  Unsupported
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { MessagePort } from "node:worker_threads"
import { type Capability, isOf } from "../access/Capability.ts"
import { explainSpawn } from "../access/explain-spawn.ts"
import type { Ending } from "../access/TokenStore.ts"
import { eventHandlers } from "../events/event-handlers.ts"
import { SessionNews, tellConnectRefused } from "../events/SessionNews.ts"
import { Subscriptions } from "../events/Subscriptions.ts"
import { HistoryDesk, historyHandlers } from "../history/HistoryDesk.ts"
import type { Worker } from "../Worker.ts"
import type { Process } from "../process/Process.ts"
import { daemonHandlers } from "../daemons/daemon-handlers.ts"
import { DaemonDesk } from "../daemons/DaemonDesk.ts"
import { Channels } from "./Channels.ts"
import { DataPort } from "./DataPort.ts"
import { kill, stop } from "./terminate.ts"
import { OutputCursors } from "./OutputCursors.ts"
import { type Handlers, serve } from "./serve.ts"
import { Starts } from "./Starts.ts"

/** Wrong tokens that one connection may present. */
const MAX_FAILED_CONNECTS = 5
/** Messages that are not ours, after which a connection is closed. */
const MAX_MALFORMED = 1000

type State =
  | { readonly _tag: "Unconnected" }
  | {
      readonly _tag: "Connected"
      readonly capability: Capability
      readonly channels: Channels
      readonly starts: Starts
      readonly cursors: OutputCursors
      readonly subscriptions: Subscriptions
      readonly news: SessionNews
      readonly desk: DaemonDesk
      readonly history: HistoryDesk
    }
  | { readonly _tag: "Over"; readonly error: InvalidToken | BrokerUnavailable }

interface ConnectPayload {
  readonly version: number
  readonly token: string
  readonly data: Port
}

type ConnectError = InvalidToken | InvalidArgument | LimitExceeded | Unsupported

type Connected = Extract<State, { readonly _tag: "Connected" }>

export class Session {
  readonly #worker: Worker
  readonly #port: MessagePort
  /** By what its client has come. */
  readonly via: string
  /** When it has presented its token; 0 before that. */
  connectedAt = 0
  #state: State = { _tag: "Unconnected" }
  #failedConnects = 0
  /** Wrong tokens whose answers are still to come. */
  #refusing = 0
  #malformed = 0

  constructor(worker: Worker, port: MessagePort, via: string) {
    this.via = via
    this.#worker = worker
    this.#port = port
    serve(OperationGroup, port, this.#handlers, {
      onMalformed: () => this.#countMalformed(),
      onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`)
    })
    port.on("close", () => this.#lost())
    port.start()
  }

  /** What was presented here. */
  get capability(): Capability | undefined {
    return this.#state._tag === "Connected" ? this.#state.capability : undefined
  }

  /** The token is no longer good: every later call says so, and so does every channel. Its processes run on. */
  tokenOver(reason: Ending): void {
    for (const process of this.#over(new InvalidToken({ reason }))) process.abandon()
  }

  /** The broker is going. The ports are closed, once what was still to say has been said. */
  close(): void {
    this.#over(new BrokerUnavailable({ reason: "it was shut down" }))
    this.#port.close()
  }

  readonly #handlers: Handlers<Operations> = {
    connect: (payload) => this.#connect(payload),
    spawn: ({ channel, spec }) => this.#whenConnected(({ starts }) => starts.spawn(channel, spec)),
    pipeline: ({ stages, links }) => this.#whenConnected(({ starts }) => starts.pipeline(stages, links)),
    start: ({ spec }) => this.#whenConnected(({ starts }) => starts.start(spec)),
    attach: ({ channel, id, ...options }) =>
      this.#whenConnected((connected) =>
        Effect.flatMap(this.#visible(connected, "attach", id), (process) =>
          connected.channels.attach(channel, process, options)
        )
      ),
    openHostStream: ({ channel, fd }) => this.#whenConnected(({ channels }) => channels.openHostStream(channel, fd)),
    detach: ({ channel }) => this.#whenConnected(({ channels }) => channels.detach(channel)),
    release: ({ channel }) => this.#whenConnected(({ channels }) => channels.release(channel)),
    kill: ({ target, ...options }) =>
      this.#whenConnected((connected) =>
        Effect.flatMap(this.#mayEnd(connected, "kill", target, options.signal ?? "SIGTERM"), (process) =>
          kill(process, options)
        )
      ),
    stop: ({ target, ...options }) =>
      this.#whenConnected((connected) =>
        Effect.flatMap(this.#mayEnd(connected, "stop", target), (process) => stop(process, options))
      ),
    list: () =>
      this.#whenConnected(({ capability }) =>
        Effect.sync(() =>
          this.#worker.registry.all.filter((process) => mayObserve(capability, process)).map(({ info }) => info)
        )
      ),
    get: ({ id }) =>
      this.#whenConnected((connected) => Effect.map(this.#visible(connected, "get", id), ({ info }) => info)),
    status: ({ id }) =>
      this.#whenConnected((connected) => Effect.map(this.#visible(connected, "status", id), ({ status }) => status)),
    usage: () =>
      this.#whenConnected(({ capability }) =>
        Effect.map(
          Effect.promise(() => this.#worker.usage.look()),
          ({ at, usages }) => ({
            at,
            processes: this.#worker.registry.live.flatMap((process) => {
              const usage = process.hasExited || process.pid === undefined ? undefined : usages.get(process.pid)
              return usage !== undefined && mayObserve(capability, process) ? { id: process.id, ...usage } : []
            })
          })
        )
      ),
    readOutput: ({ id }) =>
      this.#whenConnected((connected) =>
        Effect.map(this.#visible(connected, "readOutput", id), (process) => connected.cursors.read(process))
      ),
    explain: ({ spec }) =>
      this.#whenConnected(({ capability }) => {
        const { host, redact } = this.#worker
        return Effect.sync(() => explainSpawn(capability.grant, host, redact, spec))
      }),
    attenuate: ({ policy }) =>
      this.#whenConnected(({ capability, news }) =>
        Effect.tapError(this.#worker.attenuate(capability, policy), (error) =>
          Effect.sync(() => news.tokenRefused("attenuate", error))
        )
      ),
    revoke: ({ token, kill: kills }) =>
      this.#whenConnected(({ capability, news }) =>
        Effect.tapError(this.#worker.revoke(token, kills, capability), (error) =>
          Effect.sync(() => news.tokenRefused("revoke", error))
        )
      ),
    ...daemonHandlers((run) => this.#whenConnected(({ desk }) => run(desk))),
    ...eventHandlers((run) => this.#whenConnected(({ subscriptions }) => run(subscriptions))),
    ...historyHandlers((run) => this.#whenConnected(({ history }) => run(history)))
  }

  /** A process that the client may look at. */
  #visible({ capability, news }: Connected, operation: string, id: ProcessId) {
    return this.#worker.registry
      .get(id, (process) => mayObserve(capability, process))
      .pipe(Effect.tapError(() => Effect.sync(() => news.notTheirs(operation, "observe", { id }))))
  }

  /** A process that the client may signal. */
  #mayEnd({ capability, news }: Connected, operation: "kill" | "stop", target: ProcessTarget, signal?: Signal) {
    return this.#worker.registry
      .find(target, (candidate) => mayKill(capability, candidate))
      .pipe(
        Effect.tap(({ id }) => Effect.sync(() => news.signaled(operation, id, signal))),
        Effect.tapError(() => Effect.sync(() => news.notTheirs(operation, "kill", target)))
      )
  }

  #whenConnected<A, E>(
    run: (connected: Connected) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | InvalidToken | BrokerUnavailable> {
    return Effect.suspend((): Effect.Effect<A, E | InvalidToken | BrokerUnavailable> => {
      // Asked each time, since the timer of what expires may be late. It ends this session, if so.
      if (this.#state._tag === "Connected") this.#worker.tokens.endingOf(this.#state.capability)
      if (this.#state._tag === "Connected") return run(this.#state)
      return Effect.fail(this.#state._tag === "Over" ? this.#state.error : new InvalidToken({ reason: "missing" }))
    })
  }

  #connect(payload: ConnectPayload) {
    return this.#present(payload).pipe(Effect.catch((error) => this.#refuse(payload, error)))
  }

  #refuse({ token, data }: ConnectPayload, error: ConnectError): Effect.Effect<never, ConnectError> {
    return Effect.gen({ self: this }, function* () {
      // A port that is not taken is closed, so that none can be left behind with us.
      data.close()
      this.#failedConnects++
      this.#refusing++
      tellConnectRefused(this.#worker.bus, token, error)
      const { delayMs, refusal } = error instanceof InvalidToken ? this.#worker.failedConnects.note() : atOnce
      if (delayMs > 0) yield* later(delayMs)
      this.#refusing--
      // Later than the answers, so that they are heard.
      if (this.#failedConnects >= MAX_FAILED_CONNECTS && this.#refusing === 0) setImmediate(() => this.#port.close())
      return yield* refusal ?? error
    })
  }

  #present({ version, token, data }: ConnectPayload) {
    return Effect.gen({ self: this }, function* () {
      if (version !== PROTOCOL_VERSION) {
        return yield* new Unsupported({
          feature: `version ${version} of the protocol`,
          hint: `This broker speaks version ${PROTOCOL_VERSION}; install the client of the same release.`
        })
      }
      if (this.#failedConnects >= MAX_FAILED_CONNECTS) {
        return yield* new LimitExceeded({ limit: "failedConnects", maximum: MAX_FAILED_CONNECTS })
      }
      if (this.#state._tag !== "Unconnected") {
        return yield* new InvalidArgument({
          argument: "connect",
          problem: "this connection has presented its token already"
        })
      }
      const capability = yield* Effect.fromResult(this.#worker.tokens.check(token))
      const channels = this.#openChannels(capability, data)
      const { bus, topics } = this.#worker
      const subscriptions = new Subscriptions(bus, topics, capability)
      this.#state = {
        _tag: "Connected",
        capability,
        channels,
        starts: new Starts(this.#worker, capability, channels),
        cursors: new OutputCursors(),
        subscriptions,
        news: new SessionNews(bus, capability),
        desk: new DaemonDesk(this.#worker, capability),
        history: new HistoryDesk(
          this.#worker.history,
          capability.grant.observe === "all" ? "everybody" : { tokenId: capability.tokenId }
        )
      }
      this.connectedAt = Date.now()
      bus.tellOf(capability, { _tag: "ClientConnected" })
      return { subject: capability.grant.subject, shell: capability.grant.shell }
    })
  }

  #openChannels(capability: Capability, port: Port): Channels {
    const data = new DataPort(port, {
      frame: (frame) => this.#survive(() => channels.receive(frame)),
      malformed: () => this.#countMalformed()
    })
    const channels = new Channels(this.#worker, capability, data, () => this.#countMalformed())
    return channels
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
    const keeps = this.#state._tag === "Connected" && this.#state.capability.grant.disconnect === "keep"
    const left = this.#over(new BrokerUnavailable({ reason: "the connection was closed" }), {})
    if (!keeps) for (const process of left) void process.end("client")
    this.#worker.sessions.delete(this)
  }

  /** Ends the session, and gives up its processes to whoever asked. */
  #over(
    error: InvalidToken | BrokerUnavailable,
    told: { readonly error?: ErrorTag } = { error: error._tag }
  ): ReadonlyArray<Process> {
    if (this.#state._tag !== "Connected") {
      if (this.#state._tag === "Unconnected") this.#state = { _tag: "Over", error }
      return []
    }
    const { capability, channels, starts, subscriptions } = this.#state
    this.#state = { _tag: "Over", error }
    this.#worker.bus.tellOf(capability, { _tag: "ClientLost", ...told })
    subscriptions.close(error)
    channels.close(error)
    return starts.giveUp()
  }
}

const mayObserve = ({ grant, tokenId }: Capability, process: Process): boolean =>
  grant.observe === "all" || isOf(process.owner, tokenId)

const mayKill = ({ grant, tokenId }: Capability, process: Process): boolean =>
  grant.kill === "all" || isOf(process.owner, tokenId)

const atOnce = { delayMs: 0, refusal: undefined }

/** Keeps nothing alive: whoever waits for it may have gone, and so may the broker. */
const later = (ms: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), ms).unref()
    return Effect.sync(() => clearTimeout(timer))
  })
