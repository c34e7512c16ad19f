/**
 * The file of the audit, with those that it was rotated to: `file`, `file.1` (the last one), `file.2`, …
 *
 * Only its owner can read it. It is only ever appended to. What a write that failed has left of a line is taken away, at the
 * latest by whoever opens the file next.
 */
import { constants } from "node:fs"
import { type FileHandle, open, rename, rm } from "node:fs/promises"
import { mendEnd } from "./mend-end.ts"

export interface AuditFileOptions {
  /** Absolute. */
  readonly file: string
  /** Bytes after which another file is begun. */
  readonly maxBytes: number
  /** Files that are kept beside the current one. */
  readonly keep: number
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

export class AuditFile {
  readonly #options: AuditFileOptions
  #handle: FileHandle
  #bytes: number
  /** Bytes that it may have. */
  #limit: number

  private constructor(options: AuditFileOptions, handle: FileHandle, bytes: number) {
    this.#options = options
    this.#handle = handle
    this.#bytes = bytes
    this.#limit = options.maxBytes
  }

  /** Rejects with what the system says, or with why it is not a file to write to. */
  static async open(options: AuditFileOptions): Promise<AuditFile> {
    const { handle, bytes } = await openFile(options.file)
    return new AuditFile(options, handle, bytes)
  }

  /** Appends whole lines. Answers how many of them are in the file; if that is not all, the file is full and is to be rotated. */
  async append(lines: ReadonlyArray<string>): Promise<number> {
    let bytes = this.#bytes
    let count = 0
    for (const line of lines) {
      const after = bytes + Buffer.byteLength(line)
      // An empty file takes any line.
      if (after > this.#limit && bytes > 0) break
      bytes = after
      count++
    }
    if (count > 0) await this.#write(Buffer.from(lines.slice(0, count).join("")))
    return count
  }

  /** Begins another file. What is in this one is on the disk. */
  async rotate(): Promise<void> {
    const { file, keep } = this.#options
    await this.#handle.datasync()
    await rm(keep === 0 ? file : `${file}.${keep}`, { force: true })
    for (let number = keep - 1; number >= 0; number--)
      await renameIfThere(nameOf(file, number), `${file}.${number + 1}`)
    await this.#reopen()
  }

  /** Lets a file that cannot be rotated become larger. */
  grow(): void {
    this.#limit += this.#options.maxBytes
  }

  /** Opens it anew: what was open may be gone, or broken. */
  async #reopen(): Promise<void> {
    const { handle, bytes } = await openFile(this.#options.file)
    const old = this.#handle
    this.#handle = handle
    this.#bytes = bytes
    this.#limit = this.#options.maxBytes
    await old.close()
  }

  /** Puts what was appended on the disk. If somebody has taken the file away, another is begun. */
  async sync(): Promise<void> {
    await this.#handle.datasync()
    if ((await this.#handle.stat()).nlink === 0) await this.#reopen()
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #write(bytes: Buffer): Promise<void> {
    let written = 0
    try {
      while (written < bytes.byteLength) written += (await this.#handle.write(bytes, written)).bytesWritten
    } catch (cause) {
      if (written > 0) await this.#handle.truncate(this.#bytes)
      throw cause
    }
    this.#bytes += bytes.byteLength
  }
}

const nameOf = (file: string, number: number): string => (number === 0 ? file : `${file}.${number}`)

const renameIfThere = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
  }
}

/** Nothing waits for the other end of a pipe here, and no link leads somewhere else. */
const openFile = async (file: string): Promise<{ readonly handle: FileHandle; readonly bytes: number }> => {
  const handle = await open(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new Error("it is not a regular file")
    // It may have been there with another mode.
    if ((stats.mode & 0o077) !== 0) await handle.chmod(0o600)
    return { handle, bytes: await mendEnd(handle, stats.size) }
  } catch (cause) {
    await handle.close()
    throw cause
  }
}
