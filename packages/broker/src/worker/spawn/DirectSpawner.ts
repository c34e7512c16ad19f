import type { ChildProcess } from "node:child_process"
import type { Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import type { Fd } from "@spawnbroker/protocol"
import { ChildTable } from "../../child/ChildTable.ts"
import { makePipes } from "../../child/make-pipes.ts"
import { PipeTable } from "../../child/PipeTable.ts"
import { errnoOf, startChild, type StdioSlot } from "../../child/start-child.ts"
import { MARK, sweep } from "../../child/sweep.ts"
import { bothOf, connectStreams, sinkOf, sourceOf, type StreamEnds } from "./streams.ts"
import {
  isLinkEnd,
  type Link,
  type Spawned,
  type SpawnedEnd,
  SpawnError,
  type Spawner,
  type SpawnerHealth,
  type SpawnRequest,
  type StdioRequest
} from "./Spawner.ts"

/**
 * Starts children from the worker itself.
 *
 * Simple, and the only way where there is no launcher. Its price: a fork costs more the more memory the host has, it holds up the
 * worker (not the main thread), and if the worker dies its children can be killed but never reaped.
 */
export class DirectSpawner implements Spawner {
  readonly kind = "direct"
  readonly launchers = 0
  readonly #children = new ChildTable()
  readonly #pipes = new PipeTable(makePipes)
  readonly #mark: string
  /** Resolves in the turn of the loop in which the next may be started. */
  #turn: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #lastId = 0
  #lastLink = 0

  /** `mark`: what its children are known by. */
  constructor(mark: string) {
    this.#mark = mark
  }

  async spawn(request: SpawnRequest): Promise<Spawned> {
    // Each fork of a large host takes a tenth of a second and more: in between the loop turns, and whoever looks at this thread
    // sees that it does not hang.
    const turn = this.#turn
    this.#turn = turn.then(() => nextTurn())
    await turn
    if (this.#isClosed) throw new SpawnError("EPIPE")
    const id = ++this.#lastId
    const links = request.stdio.filter(isLinkEnd)
    await this.#openLinks(links.map(({ link }) => link))
    return new Promise((resolve, reject) => {
      const stdio = request.stdio.map((each) => this.#slotOf(each))
      if (stdio.includes(undefined)) return reject(new SpawnError("EPIPE"))
      let exited!: (end: SpawnedEnd) => void
      const exit = new Promise<SpawnedEnd>((done) => (exited = done))
      let startedPid = 0
      // Who survives must not be known for ours any more by then.
      const marked = request.survives === true ? request : { ...request, env: { ...request.env, [MARK]: this.#mark } }
      const child = startChild(marked, stdio as ReadonlyArray<StdioSlot>, {
        started: (pid) => {
          startedPid = pid
          this.#children.started(id, pid, request.survives)
        },
        failed: (errno) => reject(new SpawnError(errno)),
        exited: (end) => {
          exited({ ...end, groupLives: this.#children.exited(id) })
        }
      })
      if (child === undefined) return
      for (const { link, end } of links) this.#pipes.given(link.id, end)
      resolve(this.#spawned(id, startedPid, connectStreams(request, endsOf(child)), exit))
    })
  }

  openLink(): Link {
    const id = ++this.#lastLink
    return { id, close: () => this.#pipes.close(id) }
  }

  async #openLinks(links: ReadonlyArray<Link>): Promise<void> {
    try {
      await Promise.all(links.map(({ id }) => this.#pipes.open(id)))
    } catch (cause) {
      throw new SpawnError(errnoOf(cause))
    }
  }

  /** None for the end of a link that is closed. */
  #slotOf(stdio: StdioRequest): StdioSlot | undefined {
    if (isLinkEnd(stdio)) return this.#pipes.end(stdio.link.id, stdio.end)
    if (typeof stdio === "object") return stdio.file
    return stdio === "inherit" || stdio === "ignore" ? stdio : "pipe"
  }

  #spawned(
    id: number,
    pid: number,
    streams: Pick<Spawned, "inputs" | "outputs">,
    exited: Promise<SpawnedEnd>
  ): Spawned {
    return {
      pid,
      ...streams,
      exited,
      signal: (signal, found) => {
        const sent = this.#children.signal(id, signal)
        if (sent) found?.()
        return Promise.resolve(sent)
      },
      lives: () => Promise.resolve(this.#children.lives(id)),
      signalTree: (signal, known, found) => {
        const seen = this.#children.signalTree(id, signal, known)
        if (seen.lives) found?.()
        return Promise.resolve(seen)
      },
      treeLives: (known) => Promise.resolve(this.#children.treeLives(id, known))
    }
  }

  health(): Promise<SpawnerHealth> {
    return Promise.resolve({ replaced: 0, launchers: [] })
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#children.killAll()
    sweep(this.#mark)
    this.#pipes.closeAll()
    return Promise.resolve()
  }
}

/** The streams of a child as Node gives them. */
const endsOf = (child: ChildProcess): StreamEnds => {
  const stream = (fd: Fd): Socket => child.stdio[fd] as Socket
  return {
    source: (fd) => sourceOf(stream(fd)),
    sink: (fd) => {
      const sink = sinkOf(stream(fd))
      // Nothing comes out of it; reading is how its closing is noticed.
      if (fd > 2) stream(fd).resume()
      return sink
    },
    both: (fd) => bothOf(stream(fd), sourceOf(stream(fd)))
  }
}
