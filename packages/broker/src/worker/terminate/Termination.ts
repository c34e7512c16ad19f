import { isEndless, type KilledBy, MAX_TIMER_MS, type Signal, type StopSteps } from "@spawnbroker/protocol"
import type { ProcessIdentity } from "../../child/process-tree.ts"
import type { Spawned } from "../spawn/Spawner.ts"
import { type Endable, Ending, type EndRequest } from "./Ending.ts"
import { ForcedKill } from "./ForcedKill.ts"
import { groupOf, type Target, type TreeTarget, treeOf } from "./Target.ts"

/** For whoever is not the process's own client: where that would wait for ever, and the longest that it may say. */
const DEFAULT_GRACE_MS = 5000
const MAX_GRACE_MS = 60_000

/** A signal as a client asks for it. */
export interface Kill {
  readonly signal: Signal
  /** SIGKILL follows after this time. */
  readonly forceKillAfterMs: number | undefined
  /** Descendants out of the group are meant, too. */
  readonly tree: boolean
}

/** How a process is ended. What is absent is its own. */
export type EndOptions = Partial<Omit<EndRequest, "by">>

export interface TerminationListener extends Pick<Endable, "closeStdin" | "killed"> {
  /** Nobody of its tree is to be killed any more. */
  readonly letGo: () => void
}

/**
 * What one process is sent: the signals of clients, and its end, of which there is one, whoever asks for it. Whatever is asked
 * for before it has been started waits for that.
 */
export class Termination {
  readonly #stop: StopSteps
  readonly #listener: TerminationListener
  readonly #launched = Promise.withResolvers<void>()
  #spawned: Spawned | undefined
  #ending: Ending | undefined
  /** Kills whose callers wait for their effect. */
  waitingKills = 0
  #lastSignal: Signal | undefined
  #sent: ReadonlySet<Signal> = none
  #tree: TreeTarget | undefined
  /** For its tree. Until they are over, whatever ends it ends its tree. */
  #treeKills: Set<ForcedKill> | undefined

  /** `stop`: how the process is ended where nothing else is said. */
  constructor(stop: StopSteps, listener: TerminationListener) {
    this.#stop = stop
    this.#listener = listener
  }

  /** It has been started, or could not be. */
  launched(spawned?: Spawned): void {
    this.#spawned = spawned
    this.#launched.resolve()
  }

  get whenLaunched(): Promise<void> {
    return this.#launched.promise
  }

  /** Somebody has asked for its end, so it must not be started any more. */
  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  get hasTreeKills(): boolean {
    return this.#treeKills !== undefined && this.#treeKills.size > 0
  }

  /** Every signal that it has been sent. */
  get sent(): ReadonlySet<Signal> {
    return this.#sent
  }

  /** The last that a client has sent. It may have been meant as a message. */
  get lastSignal(): Signal | undefined {
    return this.#lastSignal
  }

  /** Sends a client's signal now, and SIGKILL later. Answers, once the first is sent, whether anybody was there. */
  async kill({ signal, forceKillAfterMs, tree }: Kill): Promise<boolean> {
    await this.#launched.promise
    const spawned = this.#spawned
    if (spawned === undefined) return false
    this.#sends(signal)
    const target = this.#target(spawned, tree)
    const found = await target.signal(signal)
    if (forceKillAfterMs === undefined || !found) return found
    const kill: ForcedKill = new ForcedKill({
      target,
      afterMs: forceKillAfterMs,
      exited: spawned.exited,
      outlives: tree,
      onSignal: () => this.#sends("SIGKILL"),
      onOver: () => {
        if (this.#treeKills?.delete(kill) && !this.hasTreeKills) this.#listener.letGo()
      }
    })
    if (tree) (this.#treeKills ??= new Set()).add(kill)
    return true
  }

  /** The same, and answers only once the process has exited and its group is gone. Without a grace nobody gets SIGKILL. */
  async killAndWait({ signal, forceKillAfterMs = MAX_TIMER_MS, tree }: Kill): Promise<boolean> {
    const endable = await this.#endable()
    if (endable === undefined) return false
    let found = false
    const killed = (sent: Signal): void => {
      found = true
      this.#sends(sent)
    }
    const steps = [{ _tag: "Signal", signal, forMs: forceKillAfterMs } as const]
    this.waitingKills++
    await new Ending(Promise.resolve({ ...endable, killed }), { by: "client", steps, withinMs: Infinity, tree }).done
    this.waitingKills--
    return found
  }

  /**
   * Ends it and its group: the steps, its own unless others are given, then SIGKILL. Resolves once they are gone. Whoever
   * comes second waits for the first, and can only make it faster; see {@link Ending.join}.
   *
   * Only its own client may wait for ever (an infinite `withinMs`): nobody else is kept waiting, and nothing runs on
   * without an owner.
   */
  end(by: KilledBy, options: EndOptions = {}): Promise<void> {
    const { steps = this.#stop, withinMs = boundOf(steps), tree = false } = options
    const request = { by, steps, withinMs, tree: tree || this.hasTreeKills }
    if (this.#ending !== undefined) this.#ending.join(request)
    else this.#ending = new Ending(this.#endable(), request)
    return this.#ending.done.then(() => {
      if (request.tree) for (const kill of this.#treeKills ?? []) kill.cancel()
    })
  }

  /** Ends it and its descendants at once, those `strays` among them, also where it has exited and they have not. */
  endTree(by: KilledBy, strays: ReadonlyArray<ProcessIdentity>, hasExited: boolean): void {
    const tree = this.#treeOf(this.#spawned!)
    tree.remember(strays)
    if (hasExited) void tree.signal("SIGKILL")
    else void this.end(by, { steps: [], tree: true })
  }

  /** A client has sent a signal, or is about to. */
  #sends(signal: Signal): void {
    this.#lastSignal = signal
    this.#notes(signal)
  }

  #notes(signal: Signal): void {
    this.#sent = new Set(this.#sent).add(signal)
  }

  async #endable(): Promise<Endable | undefined> {
    await this.#launched.promise
    const spawned = this.#spawned
    return (
      spawned && {
        exited: spawned.exited,
        target: (tree) => this.#target(spawned, tree),
        closeStdin: this.#listener.closeStdin,
        killed: (signal, by) => {
          this.#notes(signal)
          this.#listener.killed(signal, by)
        }
      }
    )
  }

  #target(spawned: Spawned, tree: boolean): Target {
    return tree ? this.#treeOf(spawned) : groupOf(spawned)
  }

  #treeOf(spawned: Spawned): TreeTarget {
    return (this.#tree ??= treeOf(spawned))
  }
}

const none: ReadonlySet<never> = new Set()

const boundOf = (steps: StopSteps): number =>
  steps.some(({ forMs }) => isEndless(forMs)) ? DEFAULT_GRACE_MS : MAX_GRACE_MS
