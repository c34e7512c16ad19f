import type { Fd } from "@spawnbroker/protocol"
import type { Slot } from "../../link/launcher-messages.ts"
import type { OutputPipe, PipeStock } from "./PipeStock.ts"
import type { SocketStock, StockSocket } from "./SocketStock.ts"
import { isLinkEnd, type StdioRequest } from "./Spawner.ts"
import type { StreamEnds } from "./streams.ts"

/** Our ends of the streams of a child of a launcher: pipes for what comes out of it, sockets for all else. */
export class ChildEnds implements StreamEnds {
  readonly #stdio: ReadonlyArray<StdioRequest>
  readonly #pipes = new Map<Fd, OutputPipe>()
  readonly #sockets = new Map<Fd, StockSocket>()

  /** All of them, or none: rejects with `SpawnError`. */
  static async open(
    stdio: ReadonlyArray<StdioRequest>,
    pipeStock: PipeStock,
    socketStock: SocketStock
  ): Promise<ChildEnds> {
    const ends = new ChildEnds(stdio)
    const outputs = ends.#numbers((each) => each === "output")
    const others = ends.#numbers((each) => each === "input" || each === "duplex")
    try {
      for (const [index, pipe] of (await pipeStock.take(outputs.length)).entries())
        ends.#pipes.set(outputs[index]!, pipe)
      // Last: the launcher does not hear of one that is given up unused.
      for (const [index, socket] of (await socketStock.take(others.length)).entries())
        ends.#sockets.set(others[index]!, socket)
      return ends
    } catch (cause) {
      ends.destroy()
      throw cause
    }
  }

  private constructor(stdio: ReadonlyArray<StdioRequest>) {
    this.#stdio = stdio
  }

  /** What the launcher is told of the other ends. */
  get slots(): ReadonlyArray<Slot> {
    return this.#stdio.map((stdio, fd): Slot => {
      if (isLinkEnd(stdio)) return { link: stdio.link.id, end: stdio.end }
      if (typeof stdio === "object") return { file: `/proc/${process.pid}/fd/${stdio.file}` }
      return stdio === "inherit" || stdio === "ignore" ? stdio : (this.#pipes.get(fd) ?? this.#sockets.get(fd)!).slot
    })
  }

  readonly source = (fd: Fd) => this.#pipes.get(fd)!.source()
  readonly sink = (fd: Fd) => this.#sockets.get(fd)!.sink()
  readonly both = (fd: Fd) => this.#sockets.get(fd)!.both()

  /** For a child that was not started. */
  destroy(): void {
    for (const end of [...this.#pipes.values(), ...this.#sockets.values()]) end.destroy()
  }

  #numbers(isWanted: (stdio: StdioRequest) => boolean): ReadonlyArray<Fd> {
    return [...this.#stdio.keys()].filter((fd) => isWanted(this.#stdio[fd]!))
  }
}
