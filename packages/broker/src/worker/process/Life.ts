import {
  type ExceededLimit,
  type ExitStatus,
  type KilledBy,
  type LifecycleEvent,
  Pid,
  type ProcessInfo,
  type ProcessState,
  type ProcessStatus,
  type Signal
} from "@spawnbroker/protocol"
import type { Usage } from "../../child/start-child.ts"
import type { SpawnedEnd } from "../spawn/Spawner.ts"

/** What follows from what has happened so far. */
type Known = Pick<ProcessInfo, "state" | "startedAt" | "elapsedMs" | "pid" | "exitedAt" | "exit" | "killedBy" | "limit">

/** The signal that was to end it, and who has sent it. */
export interface Killed {
  readonly signal: Signal
  readonly by: KilledBy
}

/**
 * What happens to a process, in order, and what follows from it.
 *
 * Each fact is told once, but for those of its start: whoever looks already is the one who has asked for it, and is answered.
 */
export class Life {
  readonly startedAt = Date.now()
  readonly events: Array<LifecycleEvent> = [{ _tag: "Starting", at: this.startedAt }]
  readonly #told: (event: LifecycleEvent) => void
  #state: ProcessState = "starting"
  #runsSince = 0
  #pid: Pid | undefined
  #exitedAt: number | undefined
  #exit: ExitStatus | undefined
  #usage: Usage | undefined
  #killedBy: KilledBy | undefined
  #limit: ExceededLimit | undefined

  constructor(told: (event: LifecycleEvent) => void) {
    this.#told = told
  }

  get state(): ProcessState {
    return this.#state
  }

  /** It has exited, or was never started. */
  get isOver(): boolean {
    return this.#exit !== undefined || this.#state === "failed"
  }

  /** When the system had started it. 0 before. */
  get runsSince(): number {
    return this.#runsSince
  }

  get pid(): Pid | undefined {
    return this.#pid
  }

  /** Of one that has exited. */
  get exit(): ExitStatus | undefined {
    return this.#exit
  }

  /** What it has used. Absent until it has exited, and where the system does not tell. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  get known(): Known {
    return {
      state: this.#state,
      startedAt: this.startedAt,
      elapsedMs: this.#elapsedMs,
      ...(this.#pid !== undefined && { pid: this.#pid }),
      ...(this.#exitedAt !== undefined && { exitedAt: this.#exitedAt }),
      ...this.#ended
    }
  }

  get status(): Omit<ProcessStatus, "bytes"> {
    return { running: !this.isOver, elapsedMs: this.#elapsedMs, ...this.#ended }
  }

  get #elapsedMs(): number {
    return (this.#exitedAt ?? Date.now()) - this.startedAt
  }

  get #ended(): Pick<ProcessInfo, "exit" | "killedBy" | "limit"> {
    return {
      ...(this.#limit !== undefined && { limit: this.#limit }),
      ...(this.#exit !== undefined && { exit: this.#exit }),
      ...(this.#killedBy !== undefined && { killedBy: this.#killedBy })
    }
  }

  /** The operating system has started it. */
  started(pid: number): void {
    this.#pid = Pid.make(pid)
    this.#state = "running"
    this.#runsSince = Date.now()
    this.events.push({ _tag: "Started", at: this.#runsSince, pid: this.#pid })
  }

  /** It could not be started. */
  failed(message: string): void {
    this.#state = "failed"
    this.#exitedAt = Date.now()
    this.events.push({ _tag: "Failed", at: this.#exitedAt, message })
  }

  /** It has gone over a limit. The first is the one that counts. */
  exceeded(limit: ExceededLimit): void {
    if (this.#limit !== undefined) return
    this.#limit = limit
    if (this.#state !== "closed") this.#add({ _tag: "Exceeded", at: Date.now(), limit })
  }

  /** A signal has found somebody that was to end it. */
  killed({ signal, by }: Killed): void {
    // What is left of its group is swept in silence: its own story has been told.
    if (this.#exit !== undefined) return
    this.#killedBy ??= by
    this.#add({ _tag: "Killed", at: Date.now(), by, signal })
  }

  /** The system has said how it ended. `killed`: by whom, if that is known only now. */
  exited(end: SpawnedEnd, killed: Killed | undefined): void {
    this.#state = "exited"
    this.#exitedAt = Date.now()
    if (killed !== undefined) this.killed(killed)
    this.#exit = statusOf(end)
    this.#usage = end.usage
    this.#add({ _tag: "Exited", at: this.#exitedAt, status: this.#exit })
  }

  /** Everybody who looks has all of it. */
  closed(): void {
    this.#state = "closed"
  }

  #add(event: LifecycleEvent): void {
    this.events.push(event)
    this.#told(event)
  }
}

const statusOf = (end: SpawnedEnd): ExitStatus =>
  end.signal !== null ? { _tag: "Signaled", signal: end.signal as Signal } : { _tag: "Exited", code: end.code ?? 0 }
