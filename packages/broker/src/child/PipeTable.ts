/**
 * Pipes between two children of this process, by number: what goes through them crosses nobody else, and they end as they do
 * in a shell (SIGPIPE, end of file).
 *
 * A socket pair, which is all that Node itself makes, is not the same: a writer that waits while its reader leaves gets
 * ECONNRESET in the place of SIGPIPE (`yes | head -1` then complains), and /dev/stdout cannot be opened.
 */
import { closeSync } from "node:fs"
import type { PipeEnds } from "./make-pipes.ts"
import type { PipeEnd } from "./open-pipe.ts"

interface Pipe {
  /** Settles once both ends are open. */
  opening: Promise<void>
  /** The descriptors that no child has got yet. */
  readonly ends: Map<PipeEnd, number>
}

export class PipeTable {
  readonly #make: () => Promise<ReadonlyArray<PipeEnds>>
  readonly #pipes = new Map<number, Pipe>()
  readonly #spare: Array<PipeEnds> = []
  #refilling: Promise<void> | undefined

  /** `make`: one new pipe or more. Rejects with a cause that has an errno name as its `code`. */
  constructor(make: () => Promise<ReadonlyArray<PipeEnds>>) {
    this.#make = make
  }

  /**
   * Resolves once the pipe of a number is open; it is opened when this is first asked. Rejects with a cause that has an errno
   * name as its `code`; then it can be asked again.
   */
  open(id: number): Promise<void> {
    const known = this.#pipes.get(id)
    if (known !== undefined) return known.opening
    const pipe: Pipe = { opening: Promise.resolve(), ends: new Map() }
    this.#pipes.set(id, pipe)
    pipe.opening = this.#open(id, pipe)
    pipe.opening.catch(() => this.#pipes.delete(id))
    return pipe.opening
  }

  /**
   * The descriptor of an end, to be used at once: later it may be closed, and its number somebody else's. None if a child
   * has it, or the pipe is closed.
   */
  end(id: number, end: PipeEnd): number | undefined {
    return this.#pipes.get(id)?.ends.get(end)
  }

  /** A child has this end. Our copy is closed at once: as long as anybody else has one, it never ends for the other child. */
  given(id: number, end: PipeEnd): void {
    const ends = this.#pipes.get(id)?.ends
    if (ends !== undefined) closeEnd(ends, end)
  }

  /** No child will be given an end any more. Those that none has got are closed, so that the other child hears of it. */
  close(id: number): void {
    const ends = this.#pipes.get(id)?.ends
    this.#pipes.delete(id)
    if (ends !== undefined) for (const end of [...ends.keys()]) closeEnd(ends, end)
  }

  /** Gives everything back. For the last moment of whoever owns this table. */
  closeAll(): void {
    for (const id of [...this.#pipes.keys()]) this.close(id)
    for (const { read, write } of this.#spare.splice(0)) {
      closeSync(read)
      closeSync(write)
    }
  }

  async #open(id: number, pipe: Pipe): Promise<void> {
    while (this.#spare.length === 0) {
      this.#refilling ??= this.#make()
        .then((made) => void this.#spare.push(...made))
        .finally(() => (this.#refilling = undefined))
      await this.#refilling
    }
    // It may have been closed meanwhile.
    if (this.#pipes.get(id) !== pipe) throw Object.assign(new Error("the pipe is closed"), { code: "EPIPE" })
    const { read, write } = this.#spare.pop()!
    pipe.ends.set("read", read).set("write", write)
  }
}

const closeEnd = (ends: Map<PipeEnd, number>, end: PipeEnd): void => {
  const fd = ends.get(end)
  ends.delete(end)
  if (fd !== undefined) closeSync(fd)
}
