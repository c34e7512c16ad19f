/**
 * The life of one replica of a daemon as a pure function: an event in, the next state and what is to be done out.
 *
 * Nothing here waits, starts or looks at a clock; `Replica.ts` does what is said here. An event of an incarnation (one run of
 * the process, and what looks after it) carries its number, so that news of one that is over changes nothing.
 */
import { type DaemonReason, type DaemonState, describeReason, type ExitStatus } from "@spawnbroker/protocol"
import type { StoredReplica } from "../../link/StoredDaemon.ts"

/** What of a specification decides. */
export interface Rules {
  readonly hasReadiness: boolean
  readonly restart: "always" | "on-failure" | "never"
  readonly maxRestarts: number
  readonly windowMs: number
  readonly successExitCodes: ReadonlyArray<number>
  /** Its process outlives the broker, so that the next one finds it. */
  readonly isPersistent: boolean
}

/** What becomes of a replica once everybody of its process is gone. */
type Afterwards =
  | { readonly _tag: "Stopped" }
  | { readonly _tag: "StartAgain" }
  /** Its process has exited by itself. */
  | { readonly _tag: "Exited" }
  /** `isFinal`: it would fail in the same way the next time. */
  | { readonly _tag: "Failed"; readonly reason: DaemonReason; readonly isFinal: boolean }

export interface Machine {
  readonly state: DaemonState
  readonly reason?: DaemonReason
  /** The number of the incarnation that runs, or ran last. */
  readonly incarnation: number
  /** While it is stopping. */
  readonly afterwards?: Afterwards
  readonly restarts: number
  /** When it was restarted, as far as that counts against it. */
  readonly recent: ReadonlyArray<number>
  /** How its process has ended last. */
  readonly exit?: ExitStatus
}

export const initial: Machine = { state: "stopped", incarnation: 0, restarts: 0, recent: [] }

/** What is to be known of a replica if its worker dies at this moment. `at`: as that of `Gone`. */
export const storedOf = (rules: Rules, machine: Machine, at: number): StoredReplica => {
  // What it was going to come to: what is left of its process will be gone in any case.
  const { state, reason, restarts, recent, exit } =
    machine.state === "stopping" ? gone(rules, machine, at).machine : machine
  return {
    state: isOver(state) || state === "waiting" || state === "backoff" ? state : "running",
    restarts,
    recent,
    ...(reason !== undefined && { reason }),
    ...(exit !== undefined && { exit })
  }
}

/** A replica of another worker, before it is resumed. */
export const restored = ({ state, ...known }: StoredReplica): Machine => ({
  ...initial,
  ...known,
  state: isOver(state) ? state : "stopped"
})

/** What somebody wants, or what has happened. */
export type MachineEvent =
  | { readonly _tag: "Start" }
  /** The worker that had it has died. `was`: what it was doing. `at`: as that of `Gone`. */
  | { readonly _tag: "Resume"; readonly was: StoredReplica["state"]; readonly at: number }
  | { readonly _tag: "Stop" }
  | { readonly _tag: "DependenciesMet" }
  | { readonly _tag: "DependencyFailed"; readonly reason: DaemonReason }
  | { readonly _tag: "BackedOff" }
  | ({ readonly incarnation: number } & (
      | { readonly _tag: "Spawned" }
      /** `isFinal`: it would fail in the same way the next time. */
      | { readonly _tag: "NotStarted"; readonly reason: DaemonReason; readonly isFinal: boolean }
      | { readonly _tag: "Ready" }
      | { readonly _tag: "Unready"; readonly reason: DaemonReason }
      | { readonly _tag: "StartTimedOut"; readonly reason: DaemonReason }
      | { readonly _tag: "NotAlive"; readonly reason: DaemonReason }
      /** It has been well for so long that what was before is forgotten. */
      | { readonly _tag: "Proven" }
      /** No status: nobody knows it. */
      | { readonly _tag: "Exited"; readonly exit: ExitStatus | undefined }
      /** Nobody of it is left, since `End` was asked for. `at`: milliseconds on any clock that goes on. */
      | { readonly _tag: "Gone"; readonly at: number }
    ))

/** What is to be done, in order. */
export type Command =
  | "AwaitDependencies"
  | "Spawn"
  /** Finds out whether it is ready, and ends it where that takes too long. */
  | "WatchStart"
  /** Finds out whether it stays well. */
  | "WatchHealth"
  /** Ends what is left of the incarnation, or what is being waited for; `Gone` follows. */
  | "End"
  /** Waits for as long as its schedule says. */
  | "BackOff"
  /** The schedule begins anew. */
  | "ResetSchedule"

export interface Step {
  readonly machine: Machine
  readonly commands: ReadonlyArray<Command>
}

export const transition = (rules: Rules, machine: Machine, event: MachineEvent): Step => {
  if ("incarnation" in event && event.incarnation !== machine.incarnation) return stay(machine)
  const step = steps[event._tag] as (rules: Rules, machine: Machine, event: MachineEvent) => Step
  return step(rules, machine, event)
}

type Steps = {
  readonly [T in MachineEvent["_tag"]]: (
    rules: Rules,
    machine: Machine,
    event: Extract<MachineEvent, { readonly _tag: T }>
  ) => Step
}

const steps: Steps = {
  Start: (_rules, machine) => {
    const fresh: Machine = { ...machine, restarts: 0, recent: [] }
    if (isOver(machine.state)) return go(fresh, "waiting", ["ResetSchedule", "AwaitDependencies"])
    if (machine.state === "backoff") return go(fresh, "waiting", ["End", "ResetSchedule", "AwaitDependencies"])
    return machine.state === "stopping" ? stay({ ...fresh, afterwards: { _tag: "StartAgain" } }) : stay(machine)
  },
  Resume: (rules, machine, { was, at }) => {
    if (was === "backoff") return go(machine, "backoff", ["ResetSchedule", "BackOff"], machine.reason)
    if (was === "waiting") return go(machine, "waiting", ["ResetSchedule", "AwaitDependencies"], machine.reason)
    return was === "running" ? resumed(rules, machine, at) : stay(machine)
  },
  Stop: (_rules, machine) => {
    if (isOver(machine.state)) return stay(machine)
    if (machine.state === "waiting" || machine.state === "backoff") return go(machine, "stopped", ["End"])
    const stopping: Machine = { ...machine, afterwards: { _tag: "Stopped" } }
    return machine.state === "stopping" ? stay(stopping) : go(stopping, "stopping", ["End"])
  },
  DependenciesMet: (_rules, machine) =>
    machine.state === "waiting"
      ? go({ ...machine, incarnation: machine.incarnation + 1 }, "starting", ["Spawn"])
      : stay(machine),
  DependencyFailed: (_rules, machine, { reason }) =>
    machine.state === "waiting" ? go(machine, "failed", [], reason) : stay(machine),
  BackedOff: (_rules, machine) =>
    machine.state === "backoff" ? go(machine, "waiting", ["AwaitDependencies"], machine.reason) : stay(machine),
  Spawned: ({ hasReadiness }, machine) => {
    if (machine.state !== "starting") return stay(machine)
    return hasReadiness ? go(machine, "started", ["WatchStart"]) : go(machine, "healthy", ["WatchHealth"])
  },
  NotStarted: (_rules, machine, { reason, isFinal }) =>
    machine.state === "starting" ? end(machine, { _tag: "Failed", reason, isFinal }) : stay(machine),
  Ready: (_rules, machine) => {
    if (machine.state === "started") return go(machine, "healthy", ["WatchHealth"])
    return machine.state === "unhealthy" ? go(machine, "healthy", []) : stay(machine)
  },
  Unready: (_rules, machine, { reason }) =>
    machine.state === "healthy" ? go(machine, "unhealthy", [], reason) : stay(machine),
  StartTimedOut: (_rules, machine, { reason }) =>
    machine.state === "started" ? end(machine, { _tag: "Failed", reason, isFinal: false }) : stay(machine),
  NotAlive: (_rules, machine, { reason }) =>
    runs(machine) ? end(machine, { _tag: "Failed", reason, isFinal: false }) : stay(machine),
  Proven: (_rules, machine) =>
    runs(machine) ? { machine: { ...machine, recent: [] }, commands: ["ResetSchedule"] } : stay(machine),
  Exited: (_rules, machine, { exit }) => {
    if (machine.state === "stopping") return stay(withExit(machine, exit))
    return runs(machine) ? end(withExit(machine, exit), { _tag: "Exited" }) : stay(machine)
  },
  Gone: (rules, machine, { at }) => (machine.state === "stopping" ? gone(rules, machine, at) : stay(machine))
}

/** Its process is of no use any more, or there is none: what is left of it goes first. */
const end = (machine: Machine, afterwards: Afterwards): Step =>
  go({ ...machine, afterwards }, "stopping", ["End"], afterwards._tag === "Failed" ? afterwards.reason : undefined)

const gone = (rules: Rules, { afterwards, ...machine }: Machine, at: number): Step => {
  if (afterwards?._tag === "Exited") return exited(rules, machine, at)
  if (afterwards?._tag === "StartAgain") return go(machine, "waiting", ["ResetSchedule", "AwaitDependencies"])
  if (afterwards?._tag !== "Failed") return go(machine, "stopped", [])
  const { reason, isFinal } = afterwards
  return isFinal ? go(machine, "failed", [], reason) : retry(rules, machine, reason, at)
}

const exited = (rules: Rules, machine: Machine, at: number): Step => {
  const { exit } = machine
  const reason: DaemonReason = { _tag: "Exited", ...(exit !== undefined && { exit }) }
  // How one has ended that was another broker's child is not known. It should run, and does not.
  const succeeded = exit?._tag === "Exited" && rules.successExitCodes.includes(exit.code)
  if (rules.restart === "always" || (rules.restart === "on-failure" && !succeeded))
    return retry(rules, machine, reason, at)
  return go(machine, succeeded ? "completed" : "failed", [], reason)
}

/** It has failed, or has exited where it should not. */
const retry = (rules: Rules, machine: Machine, reason: DaemonReason, at: number): Step => {
  if (rules.restart === "never") return go(machine, "failed", [], reason)
  const { maxRestarts, windowMs } = rules
  const recent = machine.recent.filter((time) => time > at - windowMs)
  if (recent.length >= maxRestarts) {
    const last = describeReason(reason)
    return go(machine, "failed", [], { _tag: "GaveUp", restarts: recent.length, windowMs, last })
  }
  return go({ ...machine, restarts: machine.restarts + 1, recent: [...recent, at] }, "backoff", ["BackOff"], reason)
}

/**
 * Its process has ended with the worker that had it, unless it is persistent. The first time it is started again at once. A
 * daemon that brings down each worker that starts it comes back later and later, and is given up in the end.
 */
const resumed = (rules: Rules, machine: Machine, at: number): Step => {
  if (rules.isPersistent) return go(machine, "waiting", ["ResetSchedule", "AwaitDependencies"])
  const reason: DaemonReason = { _tag: "BrokerRestarted" }
  const { machine: next, commands } = retry(rules, machine, reason, at)
  if (next.state !== "backoff") return { machine: next, commands }
  return next.recent.length === 1
    ? go(next, "waiting", ["ResetSchedule", "AwaitDependencies"], reason)
    : { machine: next, commands: ["ResetSchedule", ...commands] }
}

const stay = (machine: Machine): Step => ({ machine, commands: [] })

const go = (before: Machine, state: DaemonState, commands: ReadonlyArray<Command>, reason?: DaemonReason): Step => {
  const { reason: _old, ...machine } = before
  return { machine: { ...machine, state, ...(reason !== undefined && { reason }) }, commands }
}

/** None: nobody knows how. */
const withExit = ({ exit: _before, ...machine }: Machine, exit: ExitStatus | undefined): Machine => ({
  ...machine,
  ...(exit !== undefined && { exit })
})

/** Nothing of it happens by itself. */
const isOver = (state: StoredReplica["state"] | DaemonState): state is "stopped" | "completed" | "failed" =>
  state === "stopped" || state === "completed" || state === "failed"

/** Its process runs, and nobody wants it to end. */
const runs = ({ state }: Machine): boolean => state === "started" || state === "healthy" || state === "unhealthy"
