import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import type { DaemonLogLine, Replica } from "@spawnbroker/protocol"
import { Directory } from "../files/Directory.ts"
import { LineSplitter, withoutEnd } from "./LineSplitter.ts"
import type { LogBook } from "./LogBook.ts"
import type { OnLine } from "./LogTap.ts"
import { basename } from "node:path"

/** Pause between two looks at the file. Higher: lines are told later. Lower: more looks. */
const LOOK_AGAIN_MS = 200
/** What is read of a file that was there before, from its end. */
const FIRST_BYTES = 64 * 1024
const READ_BYTES = 64 * 1024

/** Reads what a persistent daemon writes to its log by itself. */
export class LogTail {
  readonly #directory: Directory
  readonly #file: FileHandle
  readonly #splitter: LineSplitter
  readonly #buffer = new Uint8Array(READ_BYTES)
  #at: number
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> = Promise.resolve()
  #isClosed = false

  /** `from`: the offset from which on it is read. Absent: some lines that are there already come first. */
  static async open(
    path: string,
    roots: ReadonlyArray<ReadonlyArray<string>>,
    book: LogBook,
    replica: Replica,
    onLine: OnLine,
    from?: number
  ): Promise<LogTail> {
    const directory = await Directory.of(path, roots)
    try {
      const file = await directory.open(basename(path), constants.O_RDONLY)
      const at = from ?? Math.max(0, (await file.stat()).size - FIRST_BYTES)
      // The first line is most likely not whole.
      let skips = from === undefined && at > 0
      const decoder = new TextDecoder()
      const stream: DaemonLogLine["stream"] = "output"
      const splitter = new LineSplitter((line) => {
        const text = decoder.decode(withoutEnd(line))
        if (!skips) {
          book.add({ at: Date.now(), replica, stream, text })
          onLine(stream, text)
        }
        skips = false
      })
      return new LogTail(directory, file, splitter, at)
    } catch (cause) {
      await directory.close()
      throw cause
    }
  }

  private constructor(directory: Directory, file: FileHandle, splitter: LineSplitter, at: number) {
    this.#directory = directory
    this.#file = file
    this.#splitter = splitter
    this.#at = at
    this.#look()
  }

  /** Reads to the end, and no further. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#reading
    await this.#readAll().catch(() => {})
    this.#splitter.end()
    await this.#file.close()
    await this.#directory.close()
  }

  #look(): void {
    this.#reading = this.#readAll().then(
      () => this.#lookAgain(),
      // What cannot be read now may be read later.
      () => this.#lookAgain()
    )
  }

  #lookAgain(): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MS).unref()
  }

  async #readAll(): Promise<void> {
    // Somebody has made it shorter: it begins anew.
    if ((await this.#file.stat()).size < this.#at) this.#at = 0
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, READ_BYTES, this.#at)
      if (bytesRead === 0) return
      this.#at += bytesRead
      this.#splitter.push(this.#buffer.subarray(0, bytesRead))
    }
  }
}
