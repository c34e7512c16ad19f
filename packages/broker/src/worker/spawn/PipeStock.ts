/**
 * Named pipes, made ahead of need: each becomes one output of a child.
 *
 * A pipe carries twice the bytes of a socket for the same work of the kernel, and a child can open /dev/stdout. Node has no
 * call that makes one; mkfifo makes many at a time. The worker reads from it itself, so no byte passes through the
 * launcher, which opens the other end for the child and takes the name away: nobody finds the pipe by it any more.
 *
 * Inputs are sockets all the same: that a child reads no more is heard of a socket alone, and whoever opens /dev/stdin would
 * wait for ever where that is a named pipe whose writer has left.
 */
import { closeSync } from "node:fs"
import { Socket } from "node:net"
import { join } from "node:path"
import { errnoOf } from "../../child/start-child.ts"
import { openNonBlocking } from "../../child/open-pipe.ts"
import type { PipeSlot } from "../../link/launcher-messages.ts"
import { ScratchReader } from "./ScratchReader.ts"
import { type ByteSource, SpawnError } from "./Spawner.ts"

/** Pipes made at a time. Higher: fewer runs of mkfifo, some 2 ms each. Lower: fewer names in the directory. */
const BATCH = 128
/** With fewer than so many left the next are made, so that a burst need not wait for them. */
const LOW = 64

/**
 * Pipes that are wide at a time. Higher: more streams at once gain by it. Lower: less of what one user may have in pipes, of which 64
 * take a twelfth (pipe(7), pipe-user-pages-soft).
 */
const MAX_WIDE = 64

/** A pipe that the worker reads from. */
export interface OutputPipe {
  readonly slot: PipeSlot
  readonly source: () => ByteSource
  /** For one that has been used for nothing. */
  readonly destroy: () => void
}

export class PipeStock {
  readonly #directory: string
  readonly #make: (names: ReadonlyArray<string>) => Promise<void>
  readonly #ready: Array<string> = []
  readonly #widen: (fd: number) => void
  #making: Promise<void> | undefined
  #lastNumber = 0
  #wide = 0

  /**
   * `make` makes pipes of these names in the directory. Rejects with {@link SpawnError}. `widen` is told of each through which
   * much has come.
   */
  constructor(directory: string, make: (names: ReadonlyArray<string>) => Promise<void>, widen: (fd: number) => void) {
    this.#directory = directory
    this.#make = make
    this.#widen = widen
  }

  /** Makes the first ones. Rejects where none can be made. */
  fill(): Promise<void> {
    return (this.#making ??= this.#makeBatch().finally(() => (this.#making = undefined)))
  }

  /** So many pipes, open to be read from. Rejects with {@link SpawnError}. */
  async take(count: number): Promise<ReadonlyArray<OutputPipe>> {
    while (this.#ready.length < count) await this.fill()
    const names = this.#ready.splice(0, count)
    // Whoever needs them and finds none hears why.
    if (this.#ready.length < LOW) this.fill().catch(() => {})
    const pipes: Array<OutputPipe> = []
    try {
      for (const name of names)
        pipes.push(openPipe(join(this.#directory, name), (fd, socket) => this.#busy(fd, socket)))
      return pipes
    } catch (cause) {
      for (const pipe of pipes) pipe.destroy()
      // Nobody has opened the other ends.
      this.#ready.push(...names)
      const errno = errnoOf(cause)
      // The launcher has ended, and its directory is gone with it; the next one has another.
      throw new SpawnError(errno === "ENOENT" ? "EAGAIN" : errno)
    }
  }

  #busy(fd: number, socket: Socket): void {
    if (this.#wide >= MAX_WIDE) return
    this.#wide++
    socket.once("close", () => this.#wide--)
    this.#widen(fd)
  }

  async #makeBatch(): Promise<void> {
    const names = Array.from({ length: BATCH }, () => `p${++this.#lastNumber}`)
    await this.#make(names)
    this.#ready.push(...names)
  }
}

const openPipe = (path: string, busy: (fd: number, socket: Socket) => void): OutputPipe => {
  const fd = openNonBlocking(path, "read")
  return {
    slot: { pipe: path },
    source: () => {
      const reader = new ScratchReader(() => busy(fd, socket))
      const socket = new Socket({ fd, readable: true, writable: false, onread: reader.onread })
      return reader.sourceOf(socket)
    },
    destroy: () => closeSync(fd)
  }
}
