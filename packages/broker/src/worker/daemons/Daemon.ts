/**
 * A daemon: its specification, its replicas, what they have said, and those who wait for news of it.
 */
import {
  type DaemonInfo,
  type DaemonReason,
  type DaemonSpec,
  daemonDefaults,
  type DaemonState
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { StoredReplica } from "../../link/StoredDaemon.ts"
import type { Capability } from "../access/Capability.ts"
import { parseDuration } from "../access/parse-duration.ts"
import type { Unnamed } from "../events/Bus.ts"
import type { Redact } from "../access/redact.ts"
import type { Launch, Terms } from "./Incarnation.ts"
import { LogBook } from "./logs/LogBook.ts"
import { type Readiness, Replica, type ReplicaOptions } from "./Replica.ts"

/** What the bus is told. */
export type StateChange = Omit<Extract<Unnamed, { readonly _tag: "DaemonStateChanged" }>, "_tag">

export interface DaemonOptions {
  readonly owner: Capability
  readonly spec: DaemonSpec
  readonly redact: Redact
  /** From where on its lines and its changes are numbered. */
  readonly firstNumber: number
  readonly launch: (replica: number, book: LogBook) => Launch
  readonly readiness: (replica: number, book: LogBook) => Readiness | undefined
  readonly liveness: (replica: number, book: LogBook) => ReplicaOptions["liveness"]
  readonly dependencies: ReplicaOptions["dependencies"]
  /** Something of it is new. `change`: a replica has come to another state. */
  readonly onChange: (change?: StateChange) => void
  /** What another worker has known of its replicas. */
  readonly stored?: ReadonlyMap<number, StoredReplica> | undefined
  /** What the next worker is to know of a replica is new. */
  readonly onStored: (replica: number, stored: StoredReplica) => void
}

export class Daemon {
  readonly owner: Capability
  readonly spec: DaemonSpec
  readonly book: LogBook
  readonly #redact: Redact
  readonly #onChange: DaemonOptions["onChange"]
  readonly #scope = Scope.makeUnsafe("parallel")
  readonly #replicas: Array<Replica> = []
  readonly #listeners = new Set<() => void>()
  #version: number

  /** It does nothing before it is started. */
  static make(options: DaemonOptions): Effect.Effect<Daemon> {
    return Effect.gen(function* () {
      const daemon = new Daemon(options)
      for (let replica = 1; replica <= (options.spec.replicas ?? daemonDefaults.replicas); replica++) {
        daemon.#replicas.push(yield* Scope.provide(daemon.#make(replica, options), daemon.#scope))
      }
      return daemon
    })
  }

  private constructor({ owner, spec, redact, firstNumber, onChange }: DaemonOptions) {
    this.owner = owner
    this.spec = spec
    this.#redact = redact
    this.book = new LogBook(firstNumber)
    this.#version = firstNumber
    this.#onChange = onChange
  }

  #make(replica: number, { launch, readiness, liveness, dependencies, stored, onStored }: DaemonOptions) {
    return Replica.make({
      ...rulesOf(this.spec),
      replica,
      launch: launch(replica, this.book),
      readiness: readiness(replica, this.book),
      liveness: liveness(replica, this.book),
      dependencies,
      onChange: (from) => this.#changed(replica, from),
      stored: stored?.get(replica),
      onStored: (news) => onStored(replica, this.#withoutSecrets(news))
    })
  }

  get name(): string {
    return this.spec.name
  }

  get state(): DaemonState {
    return worstOf(this.#replicas.map(({ state }) => state))
  }

  /** Something of it runs, or will. */
  get isActive(): boolean {
    return this.#replicas.some(({ state }) => !settled.includes(state))
  }

  get replicaCount(): number {
    return this.#replicas.length
  }

  get info(): DaemonInfo {
    const { name, command, args = [], persistent = false, dependsOn = {} } = this.spec
    return {
      name,
      subject: this.owner.grant.subject,
      command: this.#redact(command),
      args: args.map(this.#redact),
      persistent,
      dependsOn,
      state: this.state,
      replicas: this.#replicas.map(({ info }) => this.#withoutSecrets(info)),
      version: this.#version
    }
  }

  start(): void {
    for (const replica of this.#replicas) replica.start()
  }

  /** Goes on where another worker has left it. */
  resume(): void {
    for (const replica of this.#replicas) replica.resume()
  }

  stop(terms?: Terms): Effect.Effect<void> {
    return Effect.forEach(this.#replicas, (replica) => replica.stop(terms), { concurrency: "unbounded", discard: true })
  }

  /** Nothing of it is left, and nothing will be. */
  close(): Effect.Effect<void> {
    return Scope.close(this.#scope, Exit.void)
  }

  /** Calls back for each change, until the answer is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(number: number, from: DaemonState | undefined): void {
    this.#version++
    const { state, reason } = this.#withoutSecrets(this.#replicas[number - 1]!.info)
    const change = { name: this.name, replica: number, to: state, ...(reason !== undefined && { reason }) }
    this.#onChange(from === undefined ? undefined : { ...change, from })
    for (const listener of this.#listeners) listener()
  }

  /** What a probe or the system has said may have been told by a program that knows one. */
  #withoutSecrets<Known extends { readonly reason?: DaemonReason }>(info: Known): Known {
    const { reason } = info
    if (reason === undefined) return info
    const texts = Object.entries(reason).map(([name, value]) => [
      name,
      typeof value === "string" && name !== "_tag" ? this.#redact(value) : value
    ])
    return { ...info, reason: Object.fromEntries(texts) }
  }
}

/** States in which nothing happens by itself. */
const settled: ReadonlyArray<DaemonState> = ["stopped", "completed", "failed"]

/** The worst first. */
const ranks: ReadonlyArray<DaemonState> = [
  "failed",
  "stopping",
  "backoff",
  "unhealthy",
  "waiting",
  "starting",
  "started",
  "stopped",
  "healthy",
  "completed"
]

const worstOf = (states: ReadonlyArray<DaemonState>): DaemonState => ranks.find((state) => states.includes(state))!

const rulesOf = (spec: DaemonSpec): Pick<ReplicaOptions, "rules" | "restart" | "resetAfterMs" | "startTimeoutMs"> => {
  const { policy, maxRestarts, window, resetAfter } = { ...daemonDefaults.restart, ...spec.restart }
  return {
    rules: {
      hasReadiness: spec.readiness !== undefined,
      restart: policy,
      maxRestarts,
      windowMs: parseDuration(window),
      successExitCodes: spec.successExitCodes ?? daemonDefaults.successExitCodes,
      isPersistent: spec.persistent === true
    },
    restart: spec.restart,
    resetAfterMs: parseDuration(resetAfter),
    startTimeoutMs: parseDuration(spec.startTimeout ?? daemonDefaults.startTimeout)
  }
}
