/**
 * What the views know of the broker, and the one client by which all of them ask: the processes and daemons of now, the last
 * facts, and whether the connection is there.
 *
 * Facts say that something has changed; what it is now is then asked for, at most a few times a second, however much happens.
 */
import {
  type BusEvent,
  Client,
  type ClientHandle,
  type DaemonInfo,
  type ProcessError,
  type ProcessId,
  type ProcessInfo
} from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Loads, type Load } from "./Loads.ts"

export type Status = "connecting" | "connected" | "lost" | "denied"

export interface Facts {
  readonly status: Status
  readonly processes: ReadonlyArray<ProcessInfo>
  /** What those use that run, where the system tells. */
  readonly loads: ReadonlyMap<ProcessId, Load>
  /** Nothing, where the policy allows none. */
  readonly daemons: ReadonlyArray<DaemonInfo> | undefined
  /** The newest first. */
  readonly events: ReadonlyArray<BusEvent>
  /** What has become of daemons, the newest first. Kept apart, since much else happens. */
  readonly daemonChanges: ReadonlyArray<DaemonChange>
}

export type DaemonChange = Extract<BusEvent, { readonly _tag: "DaemonStateChanged" }>

/** Between two looks while nothing happens: bytes and times of what runs grow meanwhile. */
const LOOK_MS = 1000
/** Between two looks while much happens. */
const MIN_LOOK_MS = 200
/** Facts that are kept for the eye. */
const MAX_EVENTS = 500
const MAX_DAEMON_CHANGES = 1000

const nothing: Facts = {
  status: "connecting",
  processes: [],
  loads: new Map(),
  daemons: undefined,
  events: [],
  daemonChanges: []
}

export class Desk {
  #facts = nothing
  #client: ClientHandle | undefined
  #hasNews = true
  readonly #loads = new Loads()
  #watchers = 0
  readonly #scope = Scope.makeUnsafe()
  readonly #listeners = new Set<() => void>()

  constructor() {
    Effect.runFork(
      this.#run.pipe(
        Scope.provide(this.#scope),
        Effect.catch((error) => Effect.sync(() => this.#set({ status: statusOf(error) })))
      )
    )
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  readonly facts = (): Facts => this.#facts

  /** What the views do. Fails with words for people where there is no connection. */
  ask<A, E>(use: (client: ClientHandle) => Effect.Effect<A, E, Scope.Scope>, signal?: AbortSignal): Promise<A> {
    const client = this.#client
    if (client === undefined) return Promise.reject(new Error("There is no connection yet."))
    return Effect.runPromise(Effect.scoped(use(client)), signal && { signal }).finally(() => (this.#hasNews = true))
  }

  /** Loads are looked at from here on, until what it answers is called. */
  watchLoads(): () => void {
    this.#watchers++
    return () => void this.#watchers--
  }

  close(): void {
    Effect.runFork(Scope.close(this.#scope, Exit.void))
  }

  get #run() {
    return Effect.gen({ self: this }, function* () {
      const client = yield* connect
      this.#client = client
      yield* Effect.forkScoped(this.#listen(client))
      return yield* Effect.forever(this.#look(client))
    })
  }

  #listen(client: ClientHandle) {
    return Stream.runForEachArray(client.events(), (events) =>
      Effect.sync(() => {
        this.#hasNews = true
        const changes = events.filter((event) => event._tag === "DaemonStateChanged")
        this.#set({
          events: [...events.toReversed(), ...this.#facts.events].slice(0, MAX_EVENTS),
          daemonChanges: [...changes.toReversed(), ...this.#facts.daemonChanges].slice(0, MAX_DAEMON_CHANGES)
        })
      })
    ).pipe(Effect.ignore)
  }

  #look(client: ClientHandle) {
    return Effect.gen({ self: this }, function* () {
      this.#hasNews = false
      const processes = yield* Effect.result(Effect.timeout(client.list(), "12 seconds"))
      if (processes._tag === "Failure") {
        const status = processes.failure._tag === "TimeoutError" ? "lost" : statusOf(processes.failure)
        this.#set({ status })
        if (status === "denied") yield* Effect.never
      } else {
        const daemons = yield* Effect.option(client.daemons.list())
        const usage = this.#watchers > 0 ? yield* Effect.option(client.usage()) : Option.none()
        this.#set({
          status: "connected",
          processes: processes.success,
          loads: Option.isSome(usage) ? this.#loads.after(usage.value) : this.#facts.loads,
          daemons: daemons._tag === "Some" ? daemons.value : undefined
        })
      }
      yield* Effect.sleep(MIN_LOOK_MS)
      for (let waited = MIN_LOOK_MS; waited < LOOK_MS && !this.#hasNews; waited += MIN_LOOK_MS) {
        yield* Effect.sleep(MIN_LOOK_MS)
      }
    })
  }

  #set(facts: Partial<Facts>): void {
    this.#facts = { ...this.#facts, ...facts }
    for (const listener of this.#listeners) listener()
  }
}

/** The first connection, for which is waited as for any later one. */
const connect = Client.connectWebSocket("/ws").pipe(
  Effect.retry({ while: ({ _tag }) => _tag === "BrokerUnavailable", schedule: Schedule.spaced("1 second") })
)

const statusOf = ({ _tag }: ProcessError): Status => (_tag === "InvalidToken" ? "denied" : "lost")
