/**
 * One child, from the moment it is authorised until nobody needs to know of it any more.
 *
 * It owns the child's streams, its timers and its end, and tells those who look at it what happens, in order.
 */
import { randomBytes } from "node:crypto"
import { setImmediate as nextTurn } from "node:timers/promises"
import {
  type ExceededLimit,
  type ExitStatus,
  type Fd,
  isEndless,
  type KilledBy,
  type LifecycleEvent,
  MAX_TIMER_MS,
  Pid,
  type ProcessError,
  ProcessId,
  type ProcessInfo,
  type ProcessState,
  type ProcessStatus,
  type Signal,
  type SpawnedProcess,
  type SpawnSpec,
  type StopSteps,
  streamName
} from "@spawnbroker/protocol"
import type { Capability } from "../access/Capability.ts"
import type { ProcessIdentity } from "../../child/process-tree.ts"
import type { Usage } from "../../child/start-child.ts"
import type { Confined } from "../confine/Confinement.ts"
import type { ProcessNews } from "../events/ProcessNews.ts"
import { Enforcement } from "../limits/Enforcement.ts"
import { statusInSandbox } from "../sandbox/status-in-sandbox.ts"
import type { ByteSource, Spawned, SpawnedEnd } from "../spawn/Spawner.ts"
import { type Endable, Ending, type EndRequest } from "../terminate/Ending.ts"
import { ForcedKill } from "../terminate/ForcedKill.ts"
import { IdleTimer } from "../terminate/IdleTimer.ts"
import { groupOf, type Target, type TreeTarget, treeOf } from "../terminate/Target.ts"
import type { Transforms } from "../transforms/Transforms.ts"
import { ChildStreams } from "./ChildStreams.ts"
import { type Occupancy, View, type ViewOptions } from "./View.ts"

/** A signal as a client asks for it. */
export interface Kill {
  readonly signal: Signal
  /** SIGKILL follows after this time. */
  readonly forceKillAfterMs: number | undefined
  /** Descendants out of the group are meant, too. */
  readonly tree: boolean
}

/** What becomes of it, for those who have to know. */
export interface ProcessListener {
  /** It has exited, or was never started. */
  readonly exited: () => void
  /** The last fact is known, nothing more will come out of it, and nobody of it is still to be killed. */
  readonly closed: () => void
}

/** How a process is ended. What is absent is its own. */
type EndOptions = Partial<Omit<EndRequest, "by">>

const none: ReadonlySet<never> = new Set()

export class Process {
  readonly id = ProcessId.make(`p-${randomBytes(12).toString("hex")}`)
  /** In whose name it runs. */
  readonly owner: Capability
  /** Its number among all of the broker. */
  order = 0
  readonly spec: SpawnSpec
  readonly #confined: Confined
  readonly #news: ProcessNews
  readonly #transforms: Transforms
  readonly #listener: ProcessListener
  readonly #enforcement: Enforcement
  readonly #events: Array<LifecycleEvent> = []
  readonly #views = new Set<View>()
  readonly #startedAt = Date.now()
  #runsSince = 0
  #streams: ChildStreams | undefined
  #spawned: Spawned | undefined
  #state: ProcessState = "starting"
  #exit: ExitStatus | undefined
  #exitedAt: number | undefined
  #killedBy: KilledBy | undefined
  #usage: Usage | undefined
  #limit: ExceededLimit | undefined
  /** Others of its group have outlived it, or may have. */
  #groupLives = true
  #ending: Ending | undefined
  /** Kills whose callers wait for their effect. */
  waitingKills = 0
  #lastSignal: Signal | undefined
  /** Every signal that it has been sent. */
  #sent: ReadonlySet<Signal> = none
  #tree: TreeTarget | undefined
  /** For its tree. Until they are over, whatever ends it ends its tree. */
  #treeKills: Set<ForcedKill> | undefined
  readonly #launched = Promise.withResolvers<void>()
  #timeout: NodeJS.Timeout | undefined
  #idle: IdleTimer | undefined

  constructor(
    owner: Capability,
    spec: SpawnSpec,
    confined: Confined,
    news: ProcessNews,
    transforms: Transforms,
    listener: ProcessListener
  ) {
    this.owner = owner
    this.spec = spec
    this.#confined = confined
    this.#news = news
    this.#transforms = transforms
    this.#listener = listener
    this.#enforcement = new Enforcement(confined, {
      process: (limit) => this.#exceeds(limit),
      tree: (limit, strays) => this.#treeExceeds(limit, strays)
    })
    this.#events.push({ _tag: "Starting", at: this.#startedAt })
  }

  /** The real path of the program, whoever runs it. */
  get program(): string {
    return this.#confined.program
  }

  get request(): Confined["request"] {
    return this.#confined.request
  }

  get hasExited(): boolean {
    return this.#exit !== undefined || this.#state === "failed"
  }

  get pid(): number | undefined {
    return this.#spawned?.pid
  }

  get info(): ProcessInfo {
    return {
      id: this.id,
      subject: this.owner.grant.subject,
      command: this.spec.command,
      args: this.spec.args,
      cwd: this.request.cwd,
      state: this.#state,
      startedAt: this.#startedAt,
      elapsedMs: this.#elapsedMs,
      bytes: this.#bytes,
      ...(this.#spawned && { pid: Pid.make(this.#spawned.pid) }),
      ...(this.#exitedAt !== undefined && { exitedAt: this.#exitedAt }),
      ...this.#ended
    }
  }

  get state(): ProcessState {
    return this.#state
  }

  /** Of all windows into its outputs. */
  get occupancy(): Occupancy {
    let heldBytes = 0
    let sizeBytes = 0
    for (const { occupancy } of this.#views) {
      heldBytes += occupancy.heldBytes
      sizeBytes += occupancy.sizeBytes
    }
    return { heldBytes, sizeBytes }
  }

  /** What the client hears who has started it. */
  get spawned(): SpawnedProcess {
    const { stdinBytes } = this.#confined.limits
    return { ...this.info, runsSince: this.#runsSince, ...(stdinBytes !== undefined && { stdinBytes }) }
  }

  get status(): ProcessStatus {
    return { running: !this.hasExited, elapsedMs: this.#elapsedMs, bytes: this.#bytes, ...this.#ended }
  }

  /** What it has used. Absent until it has exited, and where the system does not tell. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  get #elapsedMs(): number {
    return (this.#exitedAt ?? Date.now()) - this.#startedAt
  }

  get #ended(): Pick<ProcessInfo, "exit" | "killedBy" | "limit"> {
    return {
      ...(this.#limit !== undefined && { limit: this.#limit }),
      ...(this.#exit !== undefined && { exit: this.#exit }),
      ...(this.#killedBy !== undefined && { killedBy: this.#killedBy })
    }
  }

  get #bytes(): ProcessInfo["bytes"] {
    return this.#streams?.bytes ?? { stdin: 0, stdout: 0, stderr: 0 }
  }

  /** The operating system has started it. */
  started(spawned: Spawned): void {
    this.#spawned = spawned
    this.#state = "running"
    this.#runsSince = Date.now()
    // Whoever looks already is the one who has asked for it: the answer says so.
    this.#events.push({ _tag: "Started", at: this.#runsSince, pid: Pid.make(spawned.pid) })
    this.#news.started(this, this.#confined.rules)
    // Registered before any stream is read, so that an exit that is already known comes in its turn.
    void spawned.exited.then((end) => this.#exited(end))
    this.#streams = new ChildStreams(
      spawned,
      { replay: this.spec.replayBytes, history: this.owner.grant.keptOutputBytes },
      this.#enforcement.budgets,
      () => this.#closeIfSettled(),
      (fd, source) => this.#transformed(fd, source)
    )
    for (const view of this.#views) view.connect(this.#streams)
    this.#streams.start()
    this.#startTimers(this.#streams)
    this.#enforcement.started(spawned.pid)
    this.#launched.resolve()
  }

  /** What its client has asked for in the place of an output. */
  #transformed(fd: Fd, source: ByteSource): ByteSource {
    const name = streamName(fd)
    const use = name === "stdout" || name === "stderr" ? this.spec.transforms?.[name] : undefined
    if (use === undefined) return source
    return this.#transforms.apply(source, name, use, () => {
      if (use.onFailure === "end") void this.end("client")
    })
  }

  #startTimers(streams: ChildStreams): void {
    const { timeoutMs, idleTimeoutMs } = this.spec
    const timeOut = (): void => void this.end("timeout")
    if (timeoutMs !== undefined) this.#timeout = setTimeout(timeOut, timeoutMs)
    if (idleTimeoutMs === undefined) return
    const silence = {
      totalBytes: () => streams.bytes.stdout + streams.bytes.stderr,
      isHeldUp: () => streams.isHeldUp
    }
    this.#idle = new IdleTimer(idleTimeoutMs, silence, timeOut)
  }

  /** It could not be started. */
  failed(error: ProcessError): void {
    this.#state = "failed"
    this.#exitedAt = Date.now()
    this.#events.push({ _tag: "Failed", at: this.#exitedAt, message: error.message })
    this.#news.refused(error, this.id)
    this.#launched.resolve()
    this.#listener.exited()
    this.#listener.closed()
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
        if (this.#treeKills?.delete(kill)) this.#letGoIfOver()
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
    const { steps = this.spec.stop, withinMs = boundOf(steps), tree = false } = options
    const request = { by, steps, withinMs, tree: tree || this.#hasTreeKills }
    if (this.#ending !== undefined) this.#ending.join(request)
    else this.#ending = new Ending(this.#endable(), request)
    return this.#ending.done.then(() => {
      if (request.tree) for (const kill of this.#treeKills ?? []) kill.cancel()
    })
  }

  get #hasTreeKills(): boolean {
    return this.#treeKills !== undefined && this.#treeKills.size > 0
  }

  /** A client has sent a signal, or is about to. */
  #sends(signal: Signal): void {
    this.#lastSignal = signal
    this.#sent = new Set(this.#sent).add(signal)
  }

  /** It has gone over a limit, and is ended for that as it would be by its client, in a bounded time. */
  #exceeds(limit: ExceededLimit): void {
    this.#tellExceeded(limit)
    void this.end("limit", { withinMs: LIMIT_GRACE_MS })
  }

  /** It and its descendants have, all in all: what may be taken while they are asked to end is too much already. */
  #treeExceeds(limit: ExceededLimit, strays: ReadonlyArray<ProcessIdentity>): void {
    this.#tellExceeded(limit)
    const tree = this.#treeOf(this.#spawned!)
    tree.remember(strays)
    if (this.#exit === undefined) void this.end("limit", { steps: [], tree: true })
    // Its own end may be over, and theirs not.
    else void tree.signal("SIGKILL")
  }

  #tellExceeded(limit: ExceededLimit): void {
    if (this.#limit !== undefined) return
    this.#limit = limit
    if (this.#state !== "closed") this.#tell({ _tag: "Exceeded", at: Date.now(), limit })
  }

  async #endable(): Promise<Endable | undefined> {
    await this.#launched.promise
    const spawned = this.#spawned
    return (
      spawned && {
        exited: spawned.exited,
        target: (tree) => this.#target(spawned, tree),
        closeStdin: () => this.#closeStdin(),
        killed: (signal, by) => this.#killed(signal, by)
      }
    )
  }

  #target(spawned: Spawned, tree: boolean): Target {
    return tree ? this.#treeOf(spawned) : groupOf(spawned)
  }

  #treeOf(spawned: Spawned): TreeTarget {
    return (this.#tree ??= treeOf(spawned))
  }

  /**
   * What a client has written before it asked for this comes by another port, and so perhaps later; but no later than in
   * the next turn of the loop but one.
   */
  async #closeStdin(): Promise<boolean> {
    await nextTurn()
    await nextTurn()
    return this.#streams!.endStdin()
  }

  /** Somebody has asked for its end, so it must not be started any more. */
  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  /** Resolves once it has been started, or could not be. */
  get launched(): Promise<void> {
    return this.#launched.promise
  }

  /** How many look at it. */
  get viewCount(): number {
    return this.#views.size
  }

  /**
   * Tells a client all there is to know, from the first fact on; one that looks before it has started what follows that.
   * Whoever closes the view is told no more.
   */
  view(options: ViewOptions): View {
    const view = new View(options, {
      changed: () => this.#closeIfSettled(),
      dropped: (fd) => this.#news.truncated(this, fd)
    })
    this.#views.add(view)
    if (this.#state !== "starting") for (const event of this.#events) view.tell(event)
    if (this.#streams !== undefined) view.connect(this.#streams)
    this.#closeIfSettled()
    return view
  }

  closeView(view: View): void {
    this.#views.delete(view)
    view.close()
    this.#closeIfSettled()
  }

  /** What is kept of its output, and its ends. There is none before it has started. */
  get streams(): ChildStreams | undefined {
    return this.#streams
  }

  /** No client writes any more. It may go on running, but waits for nobody. */
  abandon(): void {
    this.#streams?.endInputs()
  }

  /** Reads no more of its output, whoever may still write it, so that `Closed` can follow its exit. */
  closeOutputs(): void {
    this.#streams?.closeOutputs()
  }

  #exited(told: SpawnedEnd): void {
    const end = this.#confined.isSandboxed ? statusInSandbox(told, this.#possibleSignals) : told
    clearTimeout(this.#timeout)
    this.#enforcement.exited()
    this.#idle?.stop()
    this.#listener.exited()
    this.#state = "exited"
    this.#exitedAt = Date.now()
    if (end.crashed === true) this.#killed("SIGKILL", "crash")
    // A client's signal may have been meant as a message. That it was the end is known only now.
    else if (end.signal !== null && end.signal === this.#lastSignal) this.#killed(this.#lastSignal, "client")
    else if (end.signal === "SIGXCPU" && this.#confined.limits.cpuSeconds !== undefined) {
      this.#tellExceeded("cpuSeconds")
      this.#killed("SIGXCPU", "limit")
    }
    this.#exit = statusOf(end)
    this.#groupLives = end.groupLives
    this.#usage = end.usage
    this.#tell({ _tag: "Exited", at: this.#exitedAt, status: this.#exit })
    this.#news.exited(this)
    this.#streams?.processExited(this.spec.waitForEof)
    if (this.spec.endGroupOnFailure && end.code !== null && end.code !== 0)
      void this.#spawned?.signal(firstSignal(this.spec.stop))
    this.#closeIfSettled()
  }

  /** That may have ended it: those that were sent, and the kernel's for a limit. */
  get #possibleSignals(): ReadonlySet<Signal> {
    return this.#confined.limits.cpuSeconds === undefined ? this.#sent : new Set<Signal>([...this.#sent, "SIGXCPU"])
  }

  /** Each client hears of the end once it has what came before; the process is over once all of them have. */
  #closeIfSettled(): void {
    if (this.#exit === undefined || this.#streams?.haveEnded === false) return
    const needsRelease = this.#groupLives || this.#hasTreeKills
    for (const view of this.#views) {
      view.closeIfSettled(needsRelease)
      if (view.isReleased) this.#views.delete(view)
    }
    if (this.#state !== "exited" || [...this.#views].some((view) => !view.isSettled)) return
    this.#state = "closed"
    this.#news.closed(this)
    this.#letGoIfOver()
  }

  #letGoIfOver(): void {
    if (this.#state === "closed" && !this.#hasTreeKills) this.#listener.closed()
  }

  #killed(signal: Signal, by: KilledBy): void {
    // What is left of its group is swept in silence: its own story has been told.
    if (this.#exit !== undefined) return
    this.#sent = new Set(this.#sent).add(signal)
    this.#killedBy ??= by
    this.#tell({ _tag: "Killed", at: Date.now(), by, signal })
  }

  #tell(event: LifecycleEvent): void {
    this.#events.push(event)
    for (const view of this.#views) view.tell(event)
  }
}

const statusOf = (end: SpawnedEnd): ExitStatus =>
  end.signal !== null ? { _tag: "Signaled", signal: end.signal as Signal } : { _tag: "Exited", code: end.code ?? 0 }

/** For whoever is not the process's own client: where that would wait for ever, and the longest that it may say. */
const DEFAULT_GRACE_MS = 5000
const MAX_GRACE_MS = 60_000
/** What a process gets at most that is over a limit, whatever its client has asked for it. */
const LIMIT_GRACE_MS = 5000

const boundOf = (steps: StopSteps): number =>
  steps.some(({ forMs }) => isEndless(forMs)) ? DEFAULT_GRACE_MS : MAX_GRACE_MS

/** What would end it politely. */
const firstSignal = (steps: StopSteps): Signal => steps.find((step) => step._tag === "Signal")?.signal ?? "SIGTERM"
