import type { DaemonLogLine, Fd, Replica } from "@spawnbroker/protocol"
import type { Process } from "../../process/Process.ts"
import type { ProcessFrame, View } from "../../process/View.ts"
import type { LogBook } from "./LogBook.ts"
import type { LogFile } from "./LogFile.ts"
import { hasEnd, LineSplitter, withoutEnd } from "./LineSplitter.ts"

/** Somebody who is told each line, as text without its end. */
export type OnLine = (stream: DaemonLogLine["stream"], text: string) => void

export interface LogTapOptions {
  readonly book: LogBook
  readonly replica: Replica
  readonly file: LogFile | undefined
  readonly onLine: OnLine
  /** The file cannot be written to. Told once. */
  readonly onProblem: (cause: unknown) => void
}

/** Bytes of an output that are under way at a time. Higher: fewer turns. Lower: a flood of lines holds up nobody for long. */
const WINDOW_BYTES = 64 * 1024

const NEWLINE = new Uint8Array([10])

/**
 * Takes what comes out of one process: to the book, to those who look for a line, and to the log file. The process is read as
 * fast as the file takes it; a file that cannot be written to holds nobody up.
 */
export class LogTap {
  readonly #options: LogTapOptions
  readonly #splitters = new Map<Fd, LineSplitter>()
  readonly #decoder = new TextDecoder()
  readonly #view: View
  #process: Process
  #lines: Array<Uint8Array> = []
  #isBroken = false
  readonly #exited = Promise.withResolvers<void>()
  readonly #settled = Promise.withResolvers<void>()

  /** `process` has not been started yet. */
  constructor(process: Process, options: LogTapOptions) {
    this.#options = options
    this.#process = process
    this.#view = process.view({
      windowBytes: WINDOW_BYTES,
      unread: "block",
      mayWrite: false,
      replay: true,
      frame: (frame) => this.#frame(frame),
      over: () => {}
    })
  }

  /** Resolves once the process has exited. */
  get exited(): Promise<void> {
    return this.#exited.promise
  }

  /** Resolves once it has, and everything has come that will. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  /** Takes no more, and resolves once what has been taken is written. */
  async close(): Promise<void> {
    this.#process.closeView(this.#view)
    for (const splitter of this.#splitters.values()) splitter.end()
    await this.#write()
  }

  #frame(frame: ProcessFrame): void {
    if (frame._tag === "Data") void this.#take(frame.fd, frame.bytes)
    if (frame._tag === "End") this.#splitters.get(frame.fd)?.end()
    if (frame._tag !== "Lifecycle") return
    const { _tag } = frame.event
    if (_tag === "Exited" || _tag === "Failed") this.#exited.resolve()
    if (_tag === "Closed" || _tag === "Failed") void this.#write().then(() => this.#settled.resolve())
  }

  async #take(fd: Fd, bytes: Uint8Array): Promise<void> {
    this.#splitterOf(fd).push(bytes)
    await this.#write()
    this.#view.output(fd)?.grant(bytes.byteLength)
  }

  async #write(): Promise<void> {
    const lines = this.#lines
    this.#lines = []
    try {
      await this.#options.file?.write(lines)
    } catch (cause) {
      if (!this.#isBroken) this.#options.onProblem(cause)
      this.#isBroken = true
    }
  }

  #splitterOf(fd: Fd): LineSplitter {
    const known = this.#splitters.get(fd)
    if (known !== undefined) return known
    const stream = fd === 2 ? "stderr" : "stdout"
    const splitter = new LineSplitter((line) => this.#add(stream, line))
    this.#splitters.set(fd, splitter)
    return splitter
  }

  #add(stream: DaemonLogLine["stream"], line: Uint8Array): void {
    const { book, replica, file, onLine } = this.#options
    const text = this.#decoder.decode(withoutEnd(line))
    book.add({ at: Date.now(), replica, stream, text })
    onLine(stream, text)
    // What is not at an end is the last of its stream, or of the other one: two lines must not become one.
    if (file !== undefined) this.#lines.push(hasEnd(line) ? Uint8Array.from(line) : Buffer.concat([line, NEWLINE]))
  }
}
