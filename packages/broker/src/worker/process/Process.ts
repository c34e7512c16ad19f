/**
 * One child, from the moment it is authorised until nobody needs to know of it any more.
 *
 * It owns the child's streams, its timers and its end, and tells its client in frames what happens, in order.
 */
import { randomBytes } from "node:crypto"
import {
  type BrokerFrameEncoded,
  type ExitStatus,
  type KilledBy,
  type LifecycleEvent,
  type OutputStream,
  Pid,
  ProcessId,
  type ProcessInfo,
  type ProcessState,
  type ProcessStatus,
  type Signal,
  type SpawnSpec
} from "@spawnbroker/protocol"
import type { Authorized } from "../access/Authorizer.ts"
import type { Input } from "../input/Input.ts"
import type { Output } from "../output/Output.ts"
import type { Spawned, SpawnedEnd } from "../spawn/Spawner.ts"
import { ChildStreams } from "./ChildStreams.ts"
import { endGroup } from "../terminate/end-group.ts"
import { IdleTimer } from "../terminate/IdleTimer.ts"

/** Whose process it is. */
export interface Owner {
  readonly subject: string
  readonly tokenId: string
}

type WithoutChannel<F> = F extends unknown ? Omit<F, "channel"> : never
/** A frame of this process; whoever listens knows its channel. */
export type ProcessFrame = WithoutChannel<BrokerFrameEncoded>

export interface ProcessListener {
  readonly frame: (frame: ProcessFrame) => void
  /** The last fact has been told. */
  readonly closed: () => void
}

export class Process {
  readonly id = ProcessId.make(`p-${randomBytes(12).toString("hex")}`)
  readonly owner: Owner
  readonly spec: SpawnSpec
  readonly #authorized: Authorized
  readonly #listener: ProcessListener
  readonly #startedAt = Date.now()
  #streams: ChildStreams | undefined
  #spawned: Spawned | undefined
  #state: ProcessState = "starting"
  #exit: ExitStatus | undefined
  #exitedAt: number | undefined
  #killedBy: KilledBy | undefined
  #ending: Promise<void> | undefined
  #lastSignal: Signal | undefined
  #isAbandoned = false
  readonly #launched = Promise.withResolvers<void>()
  #timeout: NodeJS.Timeout | undefined
  #idle: IdleTimer | undefined

  constructor(owner: Owner, spec: SpawnSpec, authorized: Authorized, listener: ProcessListener) {
    this.owner = owner
    this.spec = spec
    this.#authorized = authorized
    this.#listener = listener
    this.#tell({ _tag: "Starting", at: this.#startedAt })
  }

  get request(): Authorized["request"] {
    return this.#authorized.request
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
      subject: this.owner.subject,
      command: this.spec.command,
      args: this.spec.args,
      cwd: this.request.cwd,
      state: this.#state,
      startedAt: this.#startedAt,
      bytes: this.#bytes,
      ...(this.#spawned && { pid: Pid.make(this.#spawned.pid) }),
      ...(this.#exitedAt !== undefined && { exitedAt: this.#exitedAt }),
      ...this.#ended
    }
  }

  get status(): ProcessStatus {
    const until = this.#exitedAt ?? Date.now()
    return { running: !this.hasExited, elapsedMs: until - this.#startedAt, bytes: this.#bytes, ...this.#ended }
  }

  get #ended(): Pick<ProcessInfo, "exit" | "killedBy"> {
    return {
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
    this.#tell({ _tag: "Started", at: Date.now(), pid: Pid.make(spawned.pid) })
    // Registered before any stream is read, so that an exit that is already known comes in its turn.
    void spawned.exited.then((end) => this.#exited(end))
    const { windowBytes, unread } = this.spec
    this.#streams = new ChildStreams(spawned, {
      windowBytes,
      unread,
      frame: this.#listener.frame,
      settled: () => this.#closeIfSettled()
    })
    // Its client may have gone while it was being started.
    if (this.#isAbandoned) this.#streams.abandonOutputs()
    this.#startTimers(this.#streams)
    this.#launched.resolve()
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
  failed(message: string): void {
    this.#state = "failed"
    this.#exitedAt = Date.now()
    this.#tell({ _tag: "Failed", at: this.#exitedAt, message })
    this.#launched.resolve()
    this.#listener.closed()
  }

  /** Sends a client's signal to its group now. Answers whether anybody was there. */
  async signal(signal: Signal): Promise<boolean> {
    await this.#launched.promise
    this.#lastSignal = signal
    return (await this.#spawned?.signal(signal)) ?? false
  }

  /**
   * Ends it and its group, if it still runs: its kill signal, its grace, SIGKILL. Resolves once they are gone. A second
   * call waits for the first, whoever made it.
   */
  end(by: KilledBy, graceMs = this.spec.forceKillAfterMs): Promise<void> {
    const signal = this.spec.killSignal
    this.#ending ??= this.#launched.promise.then(
      () => this.#spawned && endGroup(this.#spawned, { signal, graceMs, onSignal: (sent) => this.#killed(sent, by) })
    )
    return this.#ending
  }

  /** Somebody has asked for its end, so it must not be started any more. */
  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  /** Sends SIGKILL after a while, unless it has exited by then. */
  forceKillAfter(ms: number): void {
    const timer = setTimeout(() => void this.signal("SIGKILL"), ms)
    void this.#spawned?.exited.then(() => clearTimeout(timer))
  }

  /** No client reads or writes any more. It may go on running, but waits for nobody. */
  abandon(): void {
    this.abandonOutput()
    this.input?.end()
  }

  /** No client reads any more, while it is told to end: its stdin stays open, so that the signal comes before the EOF. */
  abandonOutput(): void {
    this.#isAbandoned = true
    this.#streams?.abandonOutputs()
  }

  /** Reads no more of its output, whoever may still write it, so that `Closed` can follow its exit. */
  closeOutputs(): void {
    this.#streams?.closeOutputs()
  }

  output(stream: OutputStream): Output | undefined {
    return this.#streams?.output(stream)
  }

  get input(): Input | undefined {
    return this.#streams?.input
  }

  #exited(end: SpawnedEnd): void {
    clearTimeout(this.#timeout)
    this.#idle?.stop()
    this.#state = "exited"
    this.#exitedAt = Date.now()
    if (end.crashed === true) this.#killed("SIGKILL", "crash")
    // A client's signal may have been meant as a message. That it was the end is known only now.
    else if (end.signal !== null && end.signal === this.#lastSignal) this.#killed(this.#lastSignal, "client")
    this.#exit = statusOf(end)
    this.#tell({ _tag: "Exited", at: this.#exitedAt, status: this.#exit })
    this.#streams?.processExited(this.spec.waitForEof)
    this.#closeIfSettled()
  }

  #closeIfSettled(): void {
    if (this.#state !== "exited" || this.#streams?.isSettled === false) return
    this.#state = "closed"
    this.#tell({ _tag: "Closed", at: Date.now(), dropped: this.#streams?.dropped ?? { stdout: 0, stderr: 0 } })
    this.#listener.closed()
  }

  #killed(signal: Signal, by: KilledBy): void {
    // What is left of its group is swept in silence: its own story has been told.
    if (this.#exit !== undefined) return
    this.#killedBy ??= by
    this.#tell({ _tag: "Killed", at: Date.now(), by, signal })
  }

  #tell(event: LifecycleEvent): void {
    this.#listener.frame({ _tag: "Lifecycle", event })
  }
}

const statusOf = (end: SpawnedEnd): ExitStatus =>
  end.signal !== null ? { _tag: "Signaled", signal: end.signal as Signal } : { _tag: "Exited", code: end.code ?? 0 }
