/**
 * One launcher process, from its start to its end, as the worker sees it.
 */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir, uptime } from "node:os"
import { join } from "node:path"
import { factsOf } from "../../child/process-facts.ts"
import { signalGroup } from "../../child/process-group.ts"
import { sweep } from "../../child/sweep.ts"
import { mkfifoFile } from "../../child/open-pipe.ts"
import type { ChildRequest } from "../../child/start-child.ts"
import type { TreeAnswer } from "../../child/process-tree.ts"
import { type FromLauncher, NONCE_BYTES, type Slot, type ToLauncher } from "../../link/launcher-messages.ts"
import { MessageSocket } from "../../link/MessageSocket.ts"
import type { Times } from "../../link/Times.ts"
import { explainFailure, type LauncherLocation, type LauncherProcess, runLauncher } from "./run-launcher.ts"
import { PipeStock } from "./PipeStock.ts"
import { SocketStock } from "./SocketStock.ts"
import { connectStreams } from "./streams.ts"
import { ChildEnds } from "./ChildEnds.ts"
import { type Spawned, type SpawnedEnd, SpawnError, type SpawnRequest } from "./Spawner.ts"

/** How long a launcher may take until it listens. It needs about 60 ms on an idle machine. */
const START_TIMEOUT_MS = 10_000

/** How long a launcher that is told to end may take, with all its groups to kill. */
const CLOSE_TIMEOUT_MS = 2000

/** The launcher has gone before it was asked: the next one may be. */
const NOT_STARTED = "EAGAIN"
/** The launcher has gone before it answered: the command may have run, so it must not be tried again. */
const PERHAPS_STARTED = "EPIPE"

interface Child {
  pid: number
  /** When its start was heard of, in seconds from the boot of the machine. */
  heardAt: number
  readonly survives: boolean
  readonly resolve: (pid: number) => void
  readonly reject: (cause: Error) => void
  readonly exited: (end: SpawnedEnd) => void
  ended: boolean
}

/** A question as its caller puts it. */
type Question<M = Extract<ToLauncher, { readonly ask: number }>> = M extends unknown ? Omit<M, "ask"> : never

const nobody: TreeAnswer = { lives: false, strays: [] }

export class Launcher {
  readonly #process: LauncherProcess
  readonly #mark: string
  readonly #control: MessageSocket<ToLauncher, FromLauncher>
  readonly #directory: string
  readonly #children = new Map<number, Child>()
  /** Callers who wait to hear who is there, by the number of their question. */
  readonly #answers = new Map<number, (seen: TreeAnswer) => void>()
  #lastAsk = 0
  /** Whoever asks how late its loop is waits for the answer to the first question. */
  #measuring: PromiseWithResolvers<Times["taken"] | undefined> | undefined
  #sockets: SocketStock | undefined
  readonly #pipes: PipeStock
  #lastOpened: Promise<unknown> = Promise.resolve()
  #listening = (): void => {}
  #lastId = 0
  #closed = false
  /** Settles when the launcher has ended, for whatever reason, and its children have been dealt with. */
  readonly ended: Promise<void>

  /** A launcher that is ready to spawn. `mark`: what its children are known by. Rejects if it cannot be started, with an error that says what would help. */
  static async start(location: LauncherLocation, mark: string): Promise<Launcher> {
    const directory = await makeDirectory()
    const process = await runLauncher(location).catch(async (cause) => {
      await rm(directory, { recursive: true, force: true })
      throw cause
    })
    const launcher = new Launcher(process, directory, mark)
    try {
      await launcher.#listen()
      return launcher
    } catch (cause) {
      await launcher.close()
      throw new Error(explainFailure(location, `${(cause as Error).message} (${await process.reaped})`), { cause })
    }
  }

  private constructor(process: LauncherProcess, directory: string, mark: string) {
    this.#process = process
    this.#mark = mark
    this.#directory = directory
    this.#pipes = new PipeStock(
      directory,
      (names) => this.#makePipes(names),
      (fd) => this.#widen(fd)
    )
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#control = new MessageSocket(
      process.control,
      (message) => this.#receive(message),
      () => resolve(this.#hasEnded())
    )
  }

  async #listen(): Promise<void> {
    const path = join(this.#directory, "s")
    const nonce = randomBytes(NONCE_BYTES)
    const listening = new Promise<void>((resolve) => (this.#listening = resolve))
    this.#control.send({ _tag: "Listen", path, nonce: nonce.toString("hex"), mark: this.#mark })
    const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
    await Promise.race([
      listening,
      this.ended.then(() => Promise.reject(new Error("ended while it started"))),
      new Promise((_, reject) => timeout.addEventListener("abort", () => reject(new Error("did not start in time"))))
    ])
    this.#sockets = new SocketStock(path, nonce)
    await this.#pipes.fill()
  }

  async spawn(request: SpawnRequest): Promise<Spawned> {
    const ends = await this.#openEnds(request.stdio)
    try {
      const { id, pid, exited } = await this.#start(request, ends.slots)
      return this.#spawned(id, { pid, exited, ...connectStreams(request, ends) })
    } catch (cause) {
      ends.destroy()
      throw cause
    }
  }

  /** Not where it was started: what that took would live as long as the process. */
  #spawned(id: number, process: Pick<Spawned, "pid" | "exited" | "inputs" | "outputs">): Spawned {
    return {
      ...process,
      signal: async (signal, found) => (await this.#askGroup({ _tag: "Signal", id, signal }, found)).lives,
      lives: async () => (await this.#askGroup({ _tag: "Probe", id })).lives,
      signalTree: (signal, tree, found) => this.#ask({ _tag: "Signal", id, signal, tree }, found),
      treeLives: (tree) => this.#ask({ _tag: "Probe", id, tree })
    }
  }

  /**
   * One after the other: where descriptors are short, many who each hold some of theirs and wait for the others would wait for
   * ever.
   */
  #openEnds(stdio: SpawnRequest["stdio"]): Promise<ChildEnds> {
    const sockets = this.#sockets
    if (sockets === undefined) return Promise.reject(new SpawnError(NOT_STARTED))
    const opened = this.#lastOpened.then(() => ChildEnds.open(stdio, this.#pipes, sockets))
    this.#lastOpened = opened.catch(() => {})
    return opened
  }

  /** Rejects with {@link SpawnError}. */
  async #start({ file, argv0, args, cwd, env, expects, survives = false }: ChildRequest, stdio: ReadonlyArray<Slot>) {
    if (this.#closed) throw new SpawnError(NOT_STARTED)
    const id = ++this.#lastId
    const { promise: exited, resolve: onExited } = Promise.withResolvers<SpawnedEnd>()
    const pid = await new Promise<number>((resolve, reject) => {
      this.#children.set(id, { pid: 0, heardAt: 0, survives, resolve, reject, exited: onExited, ended: false })
      this.#control.send({
        _tag: "Spawn",
        id,
        request: { file, argv0, args, cwd, env, ...(expects && { expects }), ...(survives && { survives }) },
        stdio
      })
    })
    return { id, pid, exited }
  }

  /** The launcher runs mkfifo for us as it runs everything else. Whatever goes wrong, nobody's command has been started. */
  async #makePipes(names: ReadonlyArray<string>): Promise<void> {
    const args = ["-m", "600", ...names]
    const mkfifo = { file: mkfifoFile(), argv0: "mkfifo", args, cwd: this.#directory, env: {} }
    const started = await this.#start(mkfifo, ["ignore", "ignore", "ignore"]).catch((cause: SpawnError) => cause)
    if (started instanceof Error && started.errno === "ENOENT")
      throw new Error("mkfifo is not there", { cause: started })
    // Out of processes, of space or of inodes, or the launcher has gone: the next one may have better luck.
    if (started instanceof Error || (await started.exited).code !== 0) throw new SpawnError(NOT_STARTED)
  }

  #widen(fd: number): void {
    if (!this.#closed) this.#control.send({ _tag: "Widen", file: `/proc/${process.pid}/fd/${fd}` })
  }

  /** How it ended, once it is reaped. */
  get how(): Promise<string> {
    return this.#process.reaped
  }

  /** How late its loop is, by its own account. Nothing of one that has ended. */
  measure(): Promise<Times["taken"] | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    if (this.#measuring === undefined) {
      this.#measuring = Promise.withResolvers()
      this.#control.send({ _tag: "Measure" })
    }
    return this.#measuring.promise
  }

  closeLink(link: number): void {
    if (!this.#closed) this.#control.send({ _tag: "CloseLink", link })
  }

  /** Resolves once it is reaped: a thread that ends before that leaves it a zombie of the host for ever. */
  async close(): Promise<void> {
    this.#control.close()
    await this.ended
    const impatience = setTimeout(() => this.#process.kill(), CLOSE_TIMEOUT_MS)
    await this.#process.reaped
    clearTimeout(impatience)
  }

  /** About a group that nobody is left of there is nothing to ask. */
  async #askGroup(question: Question, found?: () => void): Promise<TreeAnswer> {
    const child = this.#children.get(question.id)
    if (child === undefined) return nobody
    const seen = await this.#ask(question, found)
    if (!seen.lives) this.#forgetIfEnded(question.id, child)
    return seen
  }

  #ask(question: Question, found = (): void => {}): Promise<TreeAnswer> {
    if (this.#closed) return Promise.resolve(nobody)
    const ask = ++this.#lastAsk
    this.#control.send({ ...question, ask })
    return new Promise((resolve) =>
      this.#answers.set(ask, (seen) => {
        if (seen.lives) found()
        resolve(seen)
      })
    )
  }

  #receive(message: FromLauncher): void {
    if (message._tag === "Listening") return this.#listening()
    if (message._tag === "Seen") return this.#answer(message.ask, { ...nobody, ...message })
    if (message._tag === "Measured") return this.#measured(message.loopDelay)
    const child = this.#children.get(message.id)
    if (child === undefined) return
    switch (message._tag) {
      case "Started":
        child.pid = message.pid
        child.heardAt = uptime()
        return child.resolve(message.pid)
      case "Failed":
        this.#children.delete(message.id)
        return child.reject(new SpawnError(message.errno))
      case "Exited":
        child.ended = true
        child.exited({ ...message.end, groupLives: message.groupLives })
        if (!message.groupLives) this.#forgetIfEnded(message.id, child)
    }
  }

  #measured(loopDelay: Times["taken"] | undefined): void {
    this.#measuring?.resolve(loopDelay)
    this.#measuring = undefined
  }

  #answer(ask: number, seen: TreeAnswer): void {
    const answer = this.#answers.get(ask)
    this.#answers.delete(ask)
    answer?.(seen)
  }

  /** A child is remembered until it has exited and nobody of its group is left to signal. */
  #forgetIfEnded(id: number, child: Child): void {
    if (child.ended) this.#children.delete(id)
  }

  /** The control socket has closed: the launcher kills its children before it goes, unless it was killed itself. */
  async #hasEnded(): Promise<void> {
    this.#closed = true
    this.#sockets?.close(new SpawnError(NOT_STARTED))
    for (const child of this.#children.values()) {
      if (child.pid === 0) child.reject(new SpawnError(PERHAPS_STARTED))
      else if (!child.survives) killGroup(child)
      if (!child.ended) child.exited({ code: null, signal: "SIGKILL", crashed: true, groupLives: false })
    }
    this.#children.clear()
    sweep(this.#mark)
    for (const ask of [...this.#answers.keys()]) this.#answer(ask, nobody)
    this.#measured(undefined)
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** A tick of the clock by which the kernel tells when a process began, in seconds. See proc_pid_stat(5). */
const TICK = 0.01

/**
 * Its children belong to init now, which reaps them; a group is theirs while any of them lives. If its leader was reaped its
 * number may be another process's by now, but that one began later than we heard of ours.
 */
const killGroup = ({ pid, heardAt }: Child): void => {
  const leader = factsOf(pid)
  if (leader === undefined || leader.startTime * TICK <= heardAt + TICK) signalGroup(pid, "SIGKILL")
}

/** In memory where that can be: there a pipe is made, opened and forgotten in a tenth of the time that a disk takes. */
const makeDirectory = (): Promise<string> =>
  mkdtemp("/dev/shm/spawnbroker-").catch(() => mkdtemp(join(tmpdir(), "spawnbroker-")))
