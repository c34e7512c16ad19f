/**
 * The daemons of a broker, by name.
 *
 * A name is taken once, whoever has it; which names a client may have is in its policy. A daemon runs in the name of the token
 * with which it was started: each start, of it and of its probes, is authorised by that.
 */
import {
  BrokerUnavailable,
  type DaemonInfo,
  type DaemonReason,
  type DaemonSpec,
  type DaemonState,
  type DependencyCondition,
  InvalidArgument,
  LimitExceeded,
  MAX_DAEMONS,
  type ProcessError,
  ProcessNotFound
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import type { StoredDaemon, StoredReplica } from "../../link/StoredDaemon.ts"
import { authorizeDaemon } from "../access/authorize-daemon.ts"
import { hostCapability } from "../access/host-capability.ts"
import { HOST_TOKEN_ID } from "../access/host-token.ts"
import { type Capability, isOf, rootOf } from "../access/Capability.ts"
import type { Process } from "../process/Process.ts"
import type { Deadline } from "../terminate/Deadline.ts"
import type { Worker } from "../Worker.ts"
import { checkDaemon } from "./check-daemon.ts"
import { Daemon } from "./Daemon.ts"
import { findCycle } from "./dependencies.ts"
import type { Terms } from "./Incarnation.ts"
import { launchDaemon, type ReplicaOf } from "./launch-daemon.ts"
import { compileLogProbe, makeProbe } from "./make-probes.ts"
import { stopInOrder } from "./stop-in-order.ts"

/** Instances of all daemons of one token, and of those derived from it. Higher: a client can make the broker hold more. */
const MAX_REPLICAS_PER_TOKEN = 1024

/**
 * Lines and changes that are numbered by one worker: so whoever has seen some of it knows those of the next worker for new
 * ones. More than there will be; less would be too few, and more would leave numbers for fewer workers.
 */
const NUMBERS_PER_WORKER = 2 ** 36

/** A daemon that is to be started: one that is known, or a new one in its place. */
interface Plan {
  readonly known: Daemon | undefined
  readonly spec: DaemonSpec
  /** The name is to be taken over with another specification. */
  readonly isNew: boolean
}

export class Daemons {
  readonly #worker: Worker
  readonly #daemons = new Map<string, Daemon>()
  readonly #processes = new WeakSet<Process>()
  readonly #listeners = new Set<() => void>()
  #isClosed = false

  constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Its processes are ended with it, in its order, and not with the others. */
  owns(process: Process): boolean {
    return this.#processes.has(process)
  }

  began(process: Process): void {
    this.#processes.add(process)
  }

  /** In the order in which they were first started. */
  list(isVisible: (owner: Capability) => boolean): ReadonlyArray<DaemonInfo> {
    return [...this.#daemons.values()].filter(({ owner }) => isVisible(owner)).map(({ info }) => info)
  }

  find(name: string, isVisible: (owner: Capability) => boolean): Result.Result<Daemon, ProcessNotFound> {
    const daemon = this.#daemons.get(name)
    return daemon !== undefined && isVisible(daemon.owner)
      ? Result.succeed(daemon)
      : Result.fail(new ProcessNotFound({ id: name, kind: "daemon" }))
  }

  /** Starts daemons: all that are asked for, and what they depend on where that is stopped; or none. */
  start(
    capability: Capability,
    asked: ReadonlyArray<string | DaemonSpec>,
    mayEnd: (owner: Capability) => boolean
  ): Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      if (this.#isClosed) return yield* new BrokerUnavailable({ reason: "it is shutting down" })
      const plans = new Map<string, Plan>()
      for (const [index, each] of asked.entries()) {
        const plan = yield* this.#plan(capability, each, index, mayEnd)
        if (plans.has(plan.spec.name))
          return yield* wrong(`daemons[${index}].name`, `${plan.spec.name} is asked for twice`)
        plans.set(plan.spec.name, plan)
      }
      for (const plan of this.#stoppedDependencies(capability, plans, mayEnd)) plans.set(plan.spec.name, plan)
      yield* this.#checkGraph(plans, mayEnd)
      yield* this.#checkRoom(capability, plans)
      const made = yield* Effect.forEach(
        [...plans.values()].filter(({ isNew }) => isNew),
        ({ spec }) => this.#make(this.#ownerOf(capability, spec), spec)
      )
      const close = (daemons: ReadonlyArray<Daemon>): Effect.Effect<void> =>
        Effect.forEach(daemons, (daemon) => daemon.close(), { concurrency: "unbounded", discard: true })
      // Somebody may have been faster.
      if ([...plans].some(([name, { known }]) => this.#daemons.get(name) !== known)) {
        return yield* Effect.andThen(close(made), this.start(capability, asked, mayEnd))
      }
      const replaced = made.flatMap(({ name }) => this.#daemons.get(name) ?? [])
      for (const daemon of made) this.#add(daemon)
      yield* close(replaced)
      for (const name of plans.keys()) this.#daemons.get(name)?.start()
      return asked.flatMap((each) => this.#daemons.get(nameOf(each))?.info ?? [])
    })
  }

  /** Takes over the daemons of a worker that has died, and starts those again that ran. One whose token is over is forgotten. */
  restore(stored: ReadonlyArray<StoredDaemon>): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      for (const { spec, tokenId, replicas } of stored) {
        const owner =
          tokenId === HOST_TOKEN_ID
            ? hostCapability(this.#worker.host, spec)
            : this.#worker.tokens.capabilityOf(tokenId)
        if (owner === undefined) this.#worker.notify({ _tag: "DaemonForgotten", name: spec.name })
        else this.#daemons.set(spec.name, yield* this.#make(owner, spec, replicas))
      }
      // Not before all are there, since they may depend on each other.
      for (const daemon of this.#daemons.values()) daemon.resume()
    })
  }

  /** Stops daemons, those that depend on others first. */
  stop(daemons: ReadonlyArray<Daemon>, forget: boolean, terms?: Terms): Effect.Effect<ReadonlyArray<DaemonInfo>> {
    return Effect.gen({ self: this }, function* () {
      yield* stopInOrder(daemons, () => terms)
      const infos = daemons.map(({ info }) => info)
      if (forget) yield* Effect.forEach(daemons, (daemon) => this.#forget(daemon), { discard: true })
      return infos
    })
  }

  /** Ends what some tokens have, which are over, in a bounded time. */
  endOf(isMeant: (owner: Capability) => boolean, withinMs: number): Effect.Effect<void> {
    const daemons = [...this.#daemons.values()].filter(({ owner }) => isMeant(owner))
    return Effect.andThen(
      stopInOrder(daemons, () => ({ by: "revoked", withinMs })),
      Effect.forEach(daemons, (daemon) => this.#forget(daemon), { discard: true })
    )
  }

  /** A token is over: what of it, and of those before it, does not run is forgotten. What runs is not started again. */
  tokenOver(): void {
    for (const daemon of this.#daemons.values()) if (this.#isLeft(daemon)) this.#remove(daemon.name)
  }

  /** Ends all but those that are persistent, which are left to the next broker. Nothing is started from here on. */
  shutdown(deadline: Deadline): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      this.#isClosed = true
      const daemons = [...this.#daemons.values()]
      yield* stopInOrder(daemons, ({ spec }, turns) =>
        // So that those who come later have a share of the time, too.
        spec.persistent === true ? "leave" : { by: "shutdown", withinMs: deadline.leftMs / turns }
      )
      yield* Effect.forEach(daemons, (daemon) => daemon.close(), { concurrency: "unbounded", discard: true })
      for (const listener of this.#listeners) listener()
    })
  }

  /** From then on nothing is waited for. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Calls back for each change of any daemon, and once they are over. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What is to be done for one that is asked for, if the client may have it. */
  #plan(
    capability: Capability,
    asked: string | DaemonSpec,
    index: number,
    mayEnd: (owner: Capability) => boolean
  ): Effect.Effect<Plan, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      const name = nameOf(asked)
      yield* Effect.fromResult(authorizeDaemon(capability.grant, name))
      if (typeof asked === "string") {
        const daemon = yield* Effect.fromResult(this.find(name, mayEnd))
        return { known: daemon, spec: daemon.spec, isNew: false }
      }
      yield* checkDaemon(this.#worker, this.#ownerOf(capability, asked), asked)
      const known = this.#daemons.get(name)
      if (known === undefined || this.#isLeft(known)) return { known, spec: asked, isNew: true }
      const argument = `daemons[${index}].name`
      if (!mayEnd(known.owner)) {
        return yield* wrong(argument, `another client has a daemon ${name}; take another name`)
      }
      if (Equal.equals(known.spec, asked)) return { known, spec: asked, isNew: false }
      if (known.isActive) return yield* wrong(argument, `${name} runs with another specification; stop it first`)
      return { known, spec: asked, isNew: true }
    })
  }

  /** In whose name a daemon runs. */
  #ownerOf(capability: Capability, spec: DaemonSpec): Capability {
    return capability.tokenId === HOST_TOKEN_ID ? hostCapability(this.#worker.host, spec) : capability
  }

  /** Its token is over, so nobody can start it again. */
  #isLeft({ owner, isActive }: Daemon): boolean {
    return !isActive && this.#worker.tokens.endingOf(owner) !== undefined
  }

  /** What they depend on, and that in turn, as far as it is stopped and the client may start it. */
  #stoppedDependencies(
    capability: Capability,
    plans: ReadonlyMap<string, Plan>,
    mayEnd: (owner: Capability) => boolean
  ): ReadonlyArray<Plan> {
    const found = new Map<string, Plan>()
    const look = (spec: DaemonSpec): void => {
      for (const name of Object.keys(spec.dependsOn ?? {})) {
        const known = this.#daemons.get(name)
        if (known === undefined || plans.has(name) || found.has(name)) continue
        const isStopped = known.state === "stopped" || known.state === "failed"
        if (!isStopped || !mayEnd(known.owner) || Result.isFailure(authorizeDaemon(capability.grant, name))) continue
        found.set(name, { known, spec: known.spec, isNew: false })
        look(known.spec)
      }
    }
    for (const { spec } of plans.values()) look(spec)
    return [...found.values()]
  }

  #checkGraph(
    plans: ReadonlyMap<string, Plan>,
    isVisible: (owner: Capability) => boolean
  ): Effect.Effect<void, InvalidArgument> {
    const graph = new Map<string, ReadonlyArray<string>>()
    for (const { name, spec } of this.#daemons.values()) graph.set(name, Object.keys(spec.dependsOn ?? {}))
    for (const [name, { spec }] of plans) graph.set(name, Object.keys(spec.dependsOn ?? {}))
    for (const [name, { spec }] of plans) {
      const unknown = Object.keys(spec.dependsOn ?? {}).find((each) => {
        const known = this.#daemons.get(each)
        return !plans.has(each) && (known === undefined || !isVisible(known.owner))
      })
      if (unknown !== undefined) {
        return wrong(`${name}.dependsOn`, `there is no daemon ${unknown}; start it before, or in the same call`)
      }
    }
    const cycle = findCycle(graph)
    return cycle === undefined
      ? Effect.void
      : wrong(`${cycle[0]}.dependsOn`, `each would wait for the next: ${cycle.join(" → ")}; leave one of them out`)
  }

  #checkRoom(capability: Capability, plans: ReadonlyMap<string, Plan>): Effect.Effect<void, LimitExceeded> {
    const root = rootOf(capability).tokenId
    const others = [...this.#daemons.values()].filter(({ name, owner }) => isOf(owner, root) && !plans.has(name))
    const replicas =
      others.reduce((sum, { replicaCount }) => sum + replicaCount, 0) +
      [...plans.values()].reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0)
    if (others.length + plans.size > MAX_DAEMONS) {
      return Effect.fail(new LimitExceeded({ limit: "daemons", maximum: MAX_DAEMONS }))
    }
    return replicas > MAX_REPLICAS_PER_TOKEN
      ? Effect.fail(new LimitExceeded({ limit: "daemonReplicas", maximum: MAX_REPLICAS_PER_TOKEN }))
      : Effect.void
  }

  #add(daemon: Daemon): void {
    const { name, spec, owner } = daemon
    this.#daemons.set(name, daemon)
    this.#worker.notify({ _tag: "DaemonAdded", spec, tokenId: owner.tokenId })
  }

  #remove(name: string): void {
    this.#daemons.delete(name)
    this.#worker.notify({ _tag: "DaemonForgotten", name })
  }

  #make(owner: Capability, spec: DaemonSpec, stored?: ReadonlyMap<number, StoredReplica>): Effect.Effect<Daemon> {
    const worker = this.#worker
    const of = (replica: number, book: ReplicaOf["book"]): ReplicaOf => ({ worker, owner, spec, replica, book })
    const { readiness, liveness } = spec
    const byLine = Result.getOrThrow(compileLogProbe(spec))
    return Daemon.make({
      owner,
      spec,
      redact: worker.redact,
      firstNumber: (worker.incarnation - 1) * NUMBERS_PER_WORKER,
      launch: (replica, book) => launchDaemon(of(replica, book)),
      readiness: (replica, book) =>
        readiness === undefined || "log" in readiness ? byLine : makeProbe(of(replica, book), readiness),
      liveness: (replica, book) => liveness && makeProbe(of(replica, book), liveness),
      dependencies: Effect.forEach(
        Object.entries(spec.dependsOn ?? {}),
        ([name, condition]) => this.#comesTo(name, condition),
        {
          concurrency: "unbounded",
          discard: true
        }
      ),
      onChange: (change) => {
        if (change !== undefined) worker.bus.tellOf(owner, { _tag: "DaemonStateChanged", ...change })
        for (const listener of this.#listeners) listener()
      },
      stored,
      onStored: (replica, news) => worker.notify({ _tag: "DaemonChanged", name: spec.name, replica, stored: news })
    })
  }

  /** Waits until a daemon has come to what somebody waits for, or never will. */
  #comesTo(name: string, condition: DependencyCondition): Effect.Effect<void, DaemonReason> {
    return Effect.callback((resume) => {
      const look = (): void => {
        const state = this.#daemons.get(name)?.state
        if (state !== undefined && fulfils[condition].includes(state)) resume(Effect.void)
        else if (state === undefined || state === "failed" || (state === "completed" && condition === "healthy")) {
          resume(Effect.fail({ _tag: "DependencyFailed", dependency: name, condition }))
        }
      }
      const stop = this.onChange(look)
      look()
      return Effect.sync(stop)
    })
  }

  #forget(daemon: Daemon): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#daemons.get(daemon.name) === daemon) this.#remove(daemon.name)
      for (const listener of this.#listeners) listener()
      return daemon.close()
    })
  }
}

/** The states that are what somebody waits for. */
const fulfils: { readonly [C in DependencyCondition]: ReadonlyArray<DaemonState> } = {
  started: ["started", "healthy", "unhealthy", "completed"],
  healthy: ["healthy"],
  completed: ["completed"]
}

const nameOf = (asked: string | DaemonSpec): string => (typeof asked === "string" ? asked : asked.name)

const wrong = (argument: string, problem: string): Effect.Effect<never, InvalidArgument> =>
  Effect.fail(new InvalidArgument({ argument, problem }))
