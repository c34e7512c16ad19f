/**
 * One instance of a daemon: does what its machine says, and tells the machine what happens.
 *
 * What is to be done is done by one fiber, in order. Each incarnation has a scope of its own, in which is all that belongs to
 * it: its process, its probes, its timers. It is closed, and everybody in it is gone, before the next one begins.
 */
import type { DaemonReason, DaemonState, ReplicaInfo, RestartPolicy } from "@spawnbroker/protocol"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { StoredReplica } from "../../link/StoredDaemon.ts"
import type { Incarnation, Launch, LaunchFailed, Terms } from "./Incarnation.ts"
import type { OnLine } from "./logs/LogTap.ts"
import {
  type Command,
  initial,
  type Machine,
  type MachineEvent,
  restored,
  type Rules,
  storedOf,
  transition
} from "./machine.ts"
import { type Check, type ProbeTiming, runProbe } from "./probes/Probe.ts"
import { restartSchedule } from "./restart-schedule.ts"

interface Probe {
  readonly check: Check
  readonly timing: ProbeTiming
}

/** By what it is found out that a replica is ready. */
export type Readiness = Probe | { readonly matches: (...line: Parameters<OnLine>) => boolean }

export interface ReplicaOptions {
  readonly replica: number
  readonly rules: Rules
  readonly restart: RestartPolicy | undefined
  readonly resetAfterMs: number
  readonly startTimeoutMs: number
  readonly readiness: Readiness | undefined
  readonly liveness: Probe | undefined
  readonly launch: Launch
  /** Succeeds once everything that it depends on has come to what it waits for. */
  readonly dependencies: Effect.Effect<void, DaemonReason>
  /** Something in its `info` is new. `from`: its state before, where that is another one now. */
  readonly onChange: (from?: DaemonState) => void
  /** What another worker has known of it. Absent: it is new. */
  readonly stored?: StoredReplica | undefined
  /** What the next worker is to know of it is new. */
  readonly onStored: (stored: StoredReplica) => void
}

type Task = Command | Deferred.Deferred<void>
/** What an incarnation tells, without its number. */
type News = MachineEvent extends infer E
  ? E extends { readonly incarnation: number }
    ? Omit<E, "incarnation">
    : never
  : never

type NextDelay = (now: number, input: unknown) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

export class Replica {
  readonly #options: ReplicaOptions
  readonly #clock: Clock.Clock
  readonly #tasks: Queue.Queue<Task>
  #machine: Machine
  #stored: StoredReplica | undefined
  /** Restarts that its schedule has still to be told of. */
  #unscheduled = 0
  #since: number
  #nextStartAt: number | undefined
  #scope: Scope.Closeable | undefined
  #launching: Fiber.Fiber<void> | undefined
  #running: Incarnation | undefined
  #nextDelay: NextDelay | undefined
  #onLine: OnLine = () => {}
  #isReadyByLine = false
  #lastProblem: string | undefined
  #terms: Terms = { by: "client", withinMs: Infinity }

  /** It lives as long as the scope, which ends its process if it runs. */
  static make(options: ReplicaOptions): Effect.Effect<Replica, never, Scope.Scope> {
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const replica = new Replica(options, clock, yield* Queue.unbounded<Task>())
      yield* Effect.addFinalizer(() => replica.#close)
      yield* Effect.forkScoped(replica.#work, { startImmediately: true })
      return replica
    })
  }

  private constructor(options: ReplicaOptions, clock: Clock.Clock, tasks: Queue.Queue<Task>) {
    this.#options = options
    this.#clock = clock
    this.#tasks = tasks
    this.#since = this.#now
    this.#stored = options.stored
    this.#machine = options.stored === undefined ? initial : restored(options.stored)
  }

  get state(): DaemonState {
    return this.#machine.state
  }

  get info(): ReplicaInfo {
    const { state, reason, restarts, exit } = this.#machine
    const running = this.#running
    return {
      replica: this.#options.replica,
      state,
      since: this.#since,
      restarts,
      ...(reason !== undefined && { reason }),
      ...(exit !== undefined && { exit }),
      ...(running !== undefined && { pid: running.pid }),
      ...(running?.processId !== undefined && { processId: running.processId }),
      ...(running?.isAdopted === true && { adopted: true as const }),
      ...(running?.stalePid !== undefined && { stalePid: running.stalePid }),
      ...(this.#nextStartAt !== undefined && { nextStartAt: this.#nextStartAt })
    }
  }

  start(): void {
    this.#terms = { by: "client", withinMs: Infinity }
    this.#dispatch({ _tag: "Start" })
  }

  /** Goes on where another worker has left it. */
  resume(): void {
    const stored = this.#options.stored
    if (stored === undefined) return
    this.#unscheduled = stored.recent.length - (stored.state === "backoff" ? 1 : 0)
    this.#dispatch({ _tag: "Resume", was: stored.state, at: this.#now })
  }

  /** Ends it. Resolves once its process and everybody of its group are gone. */
  stop(terms: Terms = { by: "client", withinMs: Infinity }): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#terms = terms
      this.#dispatch({ _tag: "Stop" })
      return this.#idle
    })
  }

  /** Resolves once everything that was asked for so far is done. */
  get #idle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const done = Deferred.makeUnsafe<void>()
      Queue.offerUnsafe(this.#tasks, done)
      return Deferred.await(done)
    })
  }

  get #now(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  #dispatch(event: MachineEvent): void {
    const { machine, commands } = transition(this.#options.rules, this.#machine, event)
    if (machine === this.#machine) return
    const before = this.#machine.state
    this.#machine = machine
    this.#store()
    for (const command of commands) Queue.offerUnsafe(this.#tasks, command)
    if (machine.state === before) return this.#options.onChange()
    this.#since = this.#now
    this.#nextStartAt = undefined
    this.#options.onChange(before)
  }

  /** Only what is news: a state that the next worker would begin from as well is none. */
  #store(): void {
    const stored = storedOf(this.#options.rules, this.#machine, this.#now)
    const { state, restarts, recent } = this.#stored ?? {}
    if (stored.state === state && stored.restarts === restarts && stored.recent.length === recent?.length) return
    this.#stored = stored
    this.#options.onStored(stored)
  }

  get #work(): Effect.Effect<never> {
    return Effect.forever(
      Effect.flatMap(Queue.take(this.#tasks), (task) =>
        typeof task === "string" ? this.#perform(task) : Deferred.succeed(task, undefined)
      )
    )
  }

  #perform(command: Command): Effect.Effect<void> {
    const acts: { readonly [C in Command]: () => Effect.Effect<void> } = {
      AwaitDependencies: () => this.#awaitDependencies,
      Spawn: () => this.#spawn,
      WatchStart: () => this.#watchStart,
      WatchHealth: () => this.#watchHealth,
      End: () => this.#end,
      BackOff: () => this.#backOff,
      ResetSchedule: () => this.#resetSchedule
    }
    return acts[command]()
  }

  get #awaitDependencies(): Effect.Effect<void> {
    return this.#wait(
      Effect.match(this.#options.dependencies, {
        onSuccess: () => this.#dispatch({ _tag: "DependenciesMet" }),
        onFailure: (reason) => this.#dispatch({ _tag: "DependencyFailed", reason })
      })
    )
  }

  get #spawn(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const scope = yield* this.#open
      // Somebody has stopped it by now.
      if (this.#machine.state !== "starting") return
      const tell = this.#teller()
      this.#onLine = this.#readyByLine(tell)
      this.#lastProblem = undefined
      const launching = this.#options
        .launch({ onLine: (...line) => this.#onLine(...line), terms: () => this.#terms })
        .pipe(
          Scope.provide(scope),
          Effect.flatMap((incarnation) => {
            this.#running = incarnation
            // It has said so long ago, to another broker.
            if (incarnation.isAdopted) this.#isReadyByLine = true
            tell({ _tag: "Spawned" })
            return incarnation.exited.pipe(
              Effect.andThen(Effect.sync(() => tell({ _tag: "Exited", exit: incarnation.exit() }))),
              Effect.forkIn(scope)
            )
          }),
          Effect.asVoid,
          Effect.catch(({ reason, isFinal }: LaunchFailed) =>
            Effect.sync(() => tell({ _tag: "NotStarted", reason, isFinal }))
          ),
          // A mistake of ours must not leave it starting for ever.
          Effect.catchDefect((defect) =>
            Effect.sync(() => {
              const reason = { _tag: "NotStarted", message: String(defect) } as const
              tell({ _tag: "NotStarted", reason, isFinal: true })
            })
          )
        )
      this.#launching = yield* Effect.forkDetach(launching, { startImmediately: true })
    })
  }

  /** Tells the machine what happens in the incarnation that is now, as long as that is the one. */
  #teller(): (news: News) => void {
    const { incarnation } = this.#machine
    return (news) => this.#dispatch({ ...news, incarnation } as MachineEvent)
  }

  /** A line may come before the process is known to run. */
  #readyByLine(tell: (news: News) => void): OnLine {
    const { readiness } = this.#options
    if (readiness === undefined || !("matches" in readiness)) return () => {}
    return (...line) => {
      if (!readiness.matches(...line)) return
      this.#onLine = () => {}
      this.#isReadyByLine = true
      tell({ _tag: "Ready" })
    }
  }

  get #watchStart(): Effect.Effect<void> {
    const { readiness, startTimeoutMs } = this.#options
    const tell = this.#teller()
    const timeOut = Effect.sync(() =>
      tell({
        _tag: "StartTimedOut",
        reason: {
          _tag: "NotReady",
          timeoutMs: startTimeoutMs,
          ...(this.#lastProblem !== undefined && { lastProbe: this.#lastProblem })
        }
      })
    )
    const timing = this.#inScope(Effect.andThen(Effect.sleep(startTimeoutMs), timeOut))
    if (readiness === undefined || "matches" in readiness) {
      if (this.#isReadyByLine) tell({ _tag: "Ready" })
      return timing
    }
    const probing = runProbe(readiness.check, readiness.timing, {
      passed: Effect.sync(() => tell({ _tag: "Ready" })),
      failed: (lastProbe) =>
        Effect.sync(() => tell({ _tag: "Unready", reason: { _tag: "NotReadyAnyMore", lastProbe } })),
      problem: (problem) => (this.#lastProblem = problem)
    })
    return Effect.andThen(timing, this.#inScope(probing))
  }

  get #watchHealth(): Effect.Effect<void> {
    const { liveness, resetAfterMs } = this.#options
    const tell = this.#teller()
    const proving = this.#inScope(
      Effect.andThen(
        Effect.sleep(resetAfterMs),
        Effect.sync(() => tell({ _tag: "Proven" }))
      )
    )
    if (liveness === undefined) return proving
    const probing = runProbe(
      liveness.check,
      liveness.timing,
      {
        passed: Effect.void,
        failed: (lastProbe) => Effect.sync(() => tell({ _tag: "NotAlive", reason: { _tag: "NotAlive", lastProbe } })),
        problem: () => {}
      },
      true
    )
    return Effect.andThen(proving, this.#inScope(probing))
  }

  get #end(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const tell = this.#teller()
      const running = this.#running
      yield* this.#close
      if (running !== undefined) tell({ _tag: "Exited", exit: running.exit() })
      tell({ _tag: "Gone", at: this.#now })
    })
  }

  get #resetSchedule(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const step = yield* Schedule.toStep(restartSchedule(this.#options.restart))
      this.#nextDelay = step
      for (; this.#unscheduled > 0; this.#unscheduled--) yield* this.#pause(step)
    })
  }

  get #backOff(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const delay = yield* this.#pause(this.#nextDelay!)
      if (this.#machine.state !== "backoff") return
      this.#nextStartAt = this.#now + Duration.toMillis(delay)
      this.#options.onChange()
      yield* this.#wait(
        Effect.andThen(
          Effect.sleep(delay),
          Effect.sync(() => this.#dispatch({ _tag: "BackedOff" }))
        )
      )
    })
  }

  /** The next pause. There is always one: the machine counts. */
  #pause(step: NextDelay): Effect.Effect<Duration.Duration> {
    return Effect.gen({ self: this }, function* () {
      const [, delay] = yield* Pull.catchDone(step(this.#now, undefined), () => Effect.never)
      return delay
    })
  }

  /** Does something while nothing runs, until something else is begun. */
  #wait(effect: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.andThen(this.#open, this.#inScope(effect))
  }

  #inScope(effect: Effect.Effect<unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const scope = this.#scope
      return scope === undefined ? Effect.void : Effect.asVoid(Effect.forkIn(effect, scope, { startImmediately: true }))
    })
  }

  get #open(): Effect.Effect<Scope.Closeable> {
    return Effect.map(this.#close, () => (this.#scope = Scope.makeUnsafe()))
  }

  /** Ends what belongs to the incarnation, the last first. A start that is under way is not cut off. */
  get #close(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const [scope, launching] = [this.#scope, this.#launching]
      this.#scope = undefined
      this.#launching = undefined
      if (launching !== undefined) yield* Fiber.interrupt(launching)
      if (scope !== undefined) yield* Scope.close(scope, Exit.void)
      this.#running = undefined
      this.#isReadyByLine = false
      this.#onLine = () => {}
    })
  }
}
