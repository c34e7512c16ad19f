/**
 * A file of lines that is renamed when it is full, and begun anew. No line is cut by that, and none is lost.
 */
import { constants } from "node:fs"
import { type FileHandle, rename, unlink } from "node:fs/promises"
import { basename } from "node:path"
import { Directory } from "../files/Directory.ts"

export interface LogFileOptions {
  readonly path: string
  readonly maxBytes: number
  readonly keep: number
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT

export class LogFile {
  readonly #directory: Directory
  readonly #name: string
  readonly #options: LogFileOptions
  #file: FileHandle
  #size: number
  #last: Promise<void> = Promise.resolve()

  /** Opens it at its end. One that is full already is renamed first. */
  static async open(options: LogFileOptions, roots: ReadonlyArray<ReadonlyArray<string>>): Promise<LogFile> {
    const directory = await Directory.of(options.path, roots)
    try {
      const name = basename(options.path)
      const file = await directory.open(name, APPEND)
      const log = new LogFile(directory, name, options, file, (await file.stat()).size)
      if (log.#size >= options.maxBytes) await log.#rotate()
      return log
    } catch (cause) {
      await directory.close()
      throw cause
    }
  }

  private constructor(directory: Directory, name: string, options: LogFileOptions, file: FileHandle, size: number) {
    this.#directory = directory
    this.#name = name
    this.#options = options
    this.#file = file
    this.#size = size
  }

  /** Its descriptor, for a process that writes to it by itself. */
  get fd(): number {
    return this.#file.fd
  }

  /** How long it is, as far as it is written here. */
  get size(): number {
    return this.#size
  }

  /** Appends lines. One that would make the file too long is the first of the next. */
  write(lines: ReadonlyArray<Uint8Array>): Promise<void> {
    return this.#inTurn(async () => {
      for (let first = 0; first < lines.length;) {
        let bytes = lines[first]!.byteLength
        if (this.#size > 0 && this.#size + bytes > this.#options.maxBytes) await this.#rotate()
        let end = first + 1
        for (; end < lines.length && this.#size + bytes + lines[end]!.byteLength <= this.#options.maxBytes; end++) {
          bytes += lines[end]!.byteLength
        }
        await this.#append(Buffer.concat(lines.slice(first, end)))
        first = end
      }
    })
  }

  /** Once what was asked for before is written. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#file.close()
      await this.#directory.close()
    })
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      const { bytesWritten } = await this.#file.write(bytes, at)
      at += bytesWritten
      this.#size += bytesWritten
    }
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act)
    this.#last = done.catch(() => {})
    return done
  }

  async #rotate(): Promise<void> {
    const { keep } = this.#options
    const older = (number: number): string => this.#directory.file(`${this.#name}.${number}`)
    let free = 1
    while (free < keep && (await this.#directory.exists(`${this.#name}.${free}`))) free++
    for (let number = free - 1; number >= 1; number--) await rename(older(number), older(number + 1)).catch(ifThere)
    const current = this.#directory.file(this.#name)
    await (keep === 0 ? unlink(current) : rename(current, older(1))).catch(ifThere)
    const next = await this.#directory.open(this.#name, APPEND)
    await this.#file.close()
    this.#file = next
    this.#size = (await next.stat()).size
  }
}

/** Somebody may have taken it away. */
const ifThere = (cause: NodeJS.ErrnoException): void => {
  if (cause.code !== "ENOENT") throw cause
}
