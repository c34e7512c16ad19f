import { type ChildProcess } from "node:child_process"
import { ChildTable } from "../../child/ChildTable.ts"
import { type ChildEnd, startChild } from "../../child/start-child.ts"
import { sinkOf, sourceOf } from "./streams.ts"
import { type Spawned, SpawnError, type Spawner, type SpawnRequest } from "./Spawner.ts"

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
      const child = startChild(request, request.stdio, {
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
      if (child !== undefined) resolve(this.#spawned(id, startedPid, child, exit))
    })
  }

  #spawned(id: number, pid: number, child: ChildProcess, exited: Promise<ChildEnd>): Spawned {
    return {
      pid,
      stdin: child.stdin === null ? undefined : sinkOf(child.stdin),
      stdout: child.stdout === null ? undefined : sourceOf(child.stdout),
      stderr: child.stderr === null ? undefined : sourceOf(child.stderr),
      exited,
      signal: (signal, found) => {
        const sent = this.#children.signal(id, signal)
        if (sent) found?.()
        return Promise.resolve(sent)
      },
      lives: () => Promise.resolve(this.#children.lives(id))
    }
  }

  close(): Promise<void> {
    this.#children.killAll()
    return Promise.resolve()
  }
}
