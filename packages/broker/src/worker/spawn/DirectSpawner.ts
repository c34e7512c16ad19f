import type { ChildProcess } from "node:child_process"
import type { Socket } from "node:net"
import type { Fd } from "@spawnbroker/protocol"
import { ChildTable } from "../../child/ChildTable.ts"
import { type ChildEnd, startChild } from "../../child/start-child.ts"
import { bothOf, sinkOf, sourceOf } from "./streams.ts"
import { type ByteSink, type ByteSource, type Spawned, SpawnError, type Spawner, type SpawnRequest } from "./Spawner.ts"

/**
 * Starts children from the worker itself.
 *
 * Simple, and the only way where there is no launcher. Its price: a fork costs more the more memory the host has, it holds up the
 * worker (not the main thread), and if the worker dies its children can be killed but never reaped.
 */
export class DirectSpawner implements Spawner {
  readonly kind = "direct"
  readonly #children = new ChildTable()
  #lastId = 0

  spawn(request: SpawnRequest): Promise<Spawned> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      let exited!: (end: ChildEnd) => void
      const exit = new Promise<ChildEnd>((done) => (exited = done))
      let startedPid = 0
      const stdio = request.stdio.map((each) => (each === "inherit" || each === "ignore" ? each : "pipe"))
      const child = startChild(request, stdio, {
        started: (pid) => {
          startedPid = pid
          this.#children.started(id, pid)
        },
        failed: (errno) => reject(new SpawnError(errno)),
        exited: (end) => {
          this.#children.exited(id)
          exited(end)
        }
      })
      if (child !== undefined) resolve(this.#spawned(id, startedPid, connect(child, request), exit))
    })
  }

  #spawned(id: number, pid: number, streams: Pick<Spawned, "inputs" | "outputs">, exited: Promise<ChildEnd>): Spawned {
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

  close(): Promise<void> {
    this.#children.killAll()
    return Promise.resolve()
  }
}

/** The streams of a child by the numbers of their descriptors. */
const connect = (child: ChildProcess, { stdio }: SpawnRequest): Pick<Spawned, "inputs" | "outputs"> => {
  const inputs = new Map<Fd, ByteSink>()
  const outputs = new Map<Fd, ByteSource>()
  for (const [fd, each] of stdio.entries()) {
    const stream = child.stdio[fd] as Socket
    if (each === "output") outputs.set(fd, sourceOf(stream))
    if (each === "input") inputs.set(fd, sinkOf(stream))
    if (each === "duplex") {
      const { source, sink } = bothOf(stream, sourceOf(stream))
      outputs.set(fd, source)
      inputs.set(fd, sink)
    }
    // Nothing comes out of it; reading is how its closing is noticed.
    if (each === "input" && fd > 2) stream.resume()
  }
  return { inputs, outputs }
}
