/**
 * One child, from the moment it is authorised until nobody needs to know of it any more.
 *
 * It owns the child's streams and timers, brings together what happens to it ({@link Life}) and what it is sent
 * ({@link Termination}), and tells those who look at it, in order.
 */
import { randomBytes } from "node:crypto"
import { setImmediate as nextTurn } from "node:timers/promises"
import {
  type Fd,
  type KilledBy,
  type LifecycleEvent,
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
import type { Usage } from "../../child/start-child.ts"
import type { Confined } from "../confine/Confinement.ts"
import type { ProcessNews } from "../events/ProcessNews.ts"
import { Enforcement } from "../limits/Enforcement.ts"
import { statusInSandbox } from "../sandbox/status-in-sandbox.ts"
import type { ByteSource, Spawned, SpawnedEnd } from "../spawn/Spawner.ts"
import { IdleTimer } from "../terminate/IdleTimer.ts"
import { type EndOptions, type Kill, Termination } from "../terminate/Termination.ts"
import type { Transforms } from "../transforms/Transforms.ts"
import { ChildStreams } from "./ChildStreams.ts"
import { type Killed, Life } from "./Life.ts"
import { type Occupancy, View, type ViewOptions } from "./View.ts"

/** What a process gets at most that is over a limit, whatever its client has asked for it. */
const LIMIT_GRACE_MS = 5000

/** What becomes of it, for those who have to know. */
export interface ProcessListener {
  /** It has exited, or was never started. */
  readonly exited: () => void
  /** The last fact is known, nothing more will come out of it, and nobody of it is still to be killed. */
  readonly closed: () => void
}

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
  readonly #termination: Termination
  readonly #life = new Life((event) => this.#tell(event))
  readonly #views = new Set<View>()
  #streams: ChildStreams | undefined
  #spawned: Spawned | undefined
  /** Others of its group have outlived it, or may have. */
  #groupLives = true
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
    this.#termination = new Termination(spec.stop, {
      closeStdin: () => this.#closeStdin(),
      killed: (signal, by) => this.#life.killed({ signal, by }),
      letGo: () => this.#letGoIfOver()
    })
    this.#enforcement = new Enforcement(confined, {
      process: (limit) => {
        this.#life.exceeded(limit)
        void this.end("limit", { withinMs: LIMIT_GRACE_MS })
      },
      // What may be taken while they are asked to end is too much already.
      tree: (limit, strays) => {
        this.#life.exceeded(limit)
        this.#termination.endTree("limit", strays, this.#life.exit !== undefined)
      }
    })
  }

  /** The real path of the program, whoever runs it. */
  get program(): string {
    return this.#confined.program
  }

  get request(): Confined["request"] {
    return this.#confined.request
  }

  get pid(): number | undefined {
    return this.#life.pid
  }

  get state(): ProcessState {
    return this.#life.state
  }

  /** It has exited, or was never started. */
  get hasExited(): boolean {
    return this.#life.isOver
  }

  /** What it has used. Absent until it has exited, and where the system does not tell. */
  get usage(): Usage | undefined {
    return this.#life.usage
  }

  get info(): ProcessInfo {
    return {
      id: this.id,
      subject: this.owner.grant.subject,
      command: this.spec.command,
      args: this.spec.args,
      cwd: this.request.cwd,
      bytes: this.#bytes,
      ...this.#life.known
    }
  }

  get status(): ProcessStatus {
    return { ...this.#life.status, bytes: this.#bytes }
  }

  /** What the client hears who has started it. */
  get spawned(): SpawnedProcess {
    const { stdinBytes } = this.#confined.limits
    return { ...this.info, runsSince: this.#life.runsSince, ...(stdinBytes !== undefined && { stdinBytes }) }
  }

  /** What is kept of its output, and its ends. There is none before it has started. */
  get streams(): ChildStreams | undefined {
    return this.#streams
  }

  get #bytes(): ProcessInfo["bytes"] {
    return this.#streams?.bytes ?? { stdin: 0, stdout: 0, stderr: 0 }
  }

  /** Resolves once it has been started, or could not be. */
  get launched(): Promise<void> {
    return this.#termination.whenLaunched
  }

  /** Somebody has asked for its end, so it must not be started any more. */
  get isEnding(): boolean {
    return this.#termination.isEnding
  }

  /** Kills whose callers wait for their effect. */
  get waitingKills(): number {
    return this.#termination.waitingKills
  }

  /** See {@link Termination.kill}. */
  kill(kill: Kill): Promise<boolean> {
    return this.#termination.kill(kill)
  }

  /** See {@link Termination.killAndWait}. */
  killAndWait(kill: Kill): Promise<boolean> {
    return this.#termination.killAndWait(kill)
  }

  /** See {@link Termination.end}. */
  end(by: KilledBy, options?: EndOptions): Promise<void> {
    return this.#termination.end(by, options)
  }

  /** The operating system has started it. */
  started(spawned: Spawned): void {
    this.#spawned = spawned
    this.#life.started(spawned.pid)
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
    this.#termination.launched(spawned)
  }

  /** It could not be started. */
  failed(error: ProcessError): void {
    this.#life.failed(error.message)
    this.#news.refused(error, this.id)
    this.#termination.launched()
    this.#listener.exited()
    this.#listener.closed()
  }

  /** No client writes any more. It may go on running, but waits for nobody. */
  abandon(): void {
    this.#streams?.endInputs()
  }

  /** Reads no more of its output, whoever may still write it, so that `Closed` can follow its exit. */
  closeOutputs(): void {
    this.#streams?.closeOutputs()
  }

  /** How many look at it. */
  get viewCount(): number {
    return this.#views.size
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
    if (this.state !== "starting") for (const event of this.#life.events) view.tell(event)
    if (this.#streams !== undefined) view.connect(this.#streams)
    this.#closeIfSettled()
    return view
  }

  closeView(view: View): void {
    this.#views.delete(view)
    view.close()
    this.#closeIfSettled()
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

  /**
   * What a client has written before it asked for this comes by another port, and so perhaps later; but no later than in
   * the next turn of the loop but one.
   */
  async #closeStdin(): Promise<boolean> {
    await nextTurn()
    await nextTurn()
    return this.#streams!.endStdin()
  }

  #exited(told: SpawnedEnd): void {
    const end = this.#confined.isSandboxed ? statusInSandbox(told, this.#possibleSignals) : told
    clearTimeout(this.#timeout)
    this.#enforcement.exited()
    this.#idle?.stop()
    this.#listener.exited()
    const killed = this.#killedAsSeen(end)
    if (killed?.by === "limit") this.#life.exceeded("cpuSeconds")
    this.#life.exited(end, killed)
    this.#groupLives = end.groupLives
    this.#news.exited(this)
    this.#streams?.processExited(this.spec.waitForEof)
    if (this.spec.endGroupOnFailure && end.code !== null && end.code !== 0)
      void this.#spawned?.signal(firstSignal(this.spec.stop))
    this.#closeIfSettled()
  }

  /** By what and by whom, where only its end tells. */
  #killedAsSeen(end: SpawnedEnd): Killed | undefined {
    if (end.crashed === true) return { signal: "SIGKILL", by: "crash" }
    const { lastSignal } = this.#termination
    // A client's signal may have been meant as a message. That it was the end is known only now.
    if (end.signal !== null && end.signal === lastSignal) return { signal: lastSignal, by: "client" }
    const isOverLimit = end.signal === "SIGXCPU" && this.#confined.limits.cpuSeconds !== undefined
    return isOverLimit ? { signal: "SIGXCPU", by: "limit" } : undefined
  }

  /** That may have ended it: those that were sent, and the kernel's for a limit. */
  get #possibleSignals(): ReadonlySet<Signal> {
    const { sent } = this.#termination
    return this.#confined.limits.cpuSeconds === undefined ? sent : new Set<Signal>([...sent, "SIGXCPU"])
  }

  /** Each client hears of the end once it has what came before; the process is over once all of them have. */
  #closeIfSettled(): void {
    if (this.#life.exit === undefined || this.#streams?.haveEnded === false) return
    const needsRelease = this.#groupLives || this.#termination.hasTreeKills
    for (const view of this.#views) {
      view.closeIfSettled(needsRelease)
      if (view.isReleased) this.#views.delete(view)
    }
    if (this.state !== "exited" || [...this.#views].some((view) => !view.isSettled)) return
    this.#life.closed()
    this.#news.closed(this)
    this.#letGoIfOver()
  }

  #letGoIfOver(): void {
    if (this.state === "closed" && !this.#termination.hasTreeKills) this.#listener.closed()
  }

  #tell(event: LifecycleEvent): void {
    for (const view of this.#views) view.tell(event)
  }
}

/** What would end it politely. */
const firstSignal = (steps: StopSteps): Signal => steps.find((step) => step._tag === "Signal")?.signal ?? "SIGTERM"
