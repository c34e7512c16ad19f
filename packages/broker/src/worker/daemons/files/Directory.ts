/**
 * A directory in which the broker reads and writes files that a client has named.
 *
 * Whoever may write there may put a link in the place of any of its parts, at any time. So the directory is opened first, then
 * it is asked where it is, and each file is reached through that descriptor, and not if it is a link.
 */
import { close, constants, existsSync, open } from "node:fs"
import { lstat, open as openFile, readlink, realpath, type FileHandle } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { promisify } from "node:util"
import { isWithinAny } from "../../access/real-path.ts"

const openDescriptor = promisify(open)
const closeDescriptor = promisify(close)

/** Why a file cannot be used, in words. */
export class FileProblem extends Error {}

const hasDescriptorFiles = existsSync("/proc/self/fd")

export class Directory {
  readonly #path: string
  readonly #fd: number | undefined

  /** The directory of a file, if it lies in all of the `roots`: one list for each link of a chain. */
  static async of(path: string, roots: ReadonlyArray<ReadonlyArray<string>>): Promise<Directory> {
    const directory = dirname(path)
    const fd = hasDescriptorFiles
      ? await openDescriptor(directory, constants.O_RDONLY | constants.O_DIRECTORY)
      : undefined
    try {
      const real = fd === undefined ? await realpath(directory) : await readlink(`/proc/self/fd/${fd}`)
      if (!roots.every((each) => isWithinAny(each, real)))
        throw new FileProblem(`${directory} is not where it was allowed`)
      return new Directory(real, fd)
    } catch (cause) {
      if (fd !== undefined) await closeDescriptor(fd)
      throw cause
    }
  }

  private constructor(path: string, fd: number | undefined) {
    this.#path = path
    this.#fd = fd
  }

  /** A file in it, for a call of the system. */
  file(name: string): string {
    return this.#fd === undefined ? join(this.#path, name) : `/proc/self/fd/${this.#fd}/${name}`
  }

  /** Opens a regular file that has no other name. `flags`: as of open(2). */
  async open(name: string, flags: number): Promise<FileHandle> {
    // Without waiting, since it may be a pipe.
    const file = await openFile(this.file(name), flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600)
    const stats = await file.stat()
    if (stats.isFile() && stats.nlink <= 1) return file
    await file.close()
    throw new FileProblem(`${join(this.#path, name)} is not a file of its own, but a link, a pipe or a device`)
  }

  async exists(name: string): Promise<boolean> {
    return lstat(this.file(name)).then(
      () => true,
      () => false
    )
  }

  async close(): Promise<void> {
    if (this.#fd !== undefined) await closeDescriptor(this.#fd)
  }
}

/** Does something with a file of a client's, by its name in its directory. */
export const withDirectory = async <A>(
  path: string,
  roots: ReadonlyArray<ReadonlyArray<string>>,
  use: (directory: Directory, name: string) => Promise<A>
): Promise<A> => {
  const directory = await Directory.of(path, roots)
  try {
    return await use(directory, basename(path))
  } finally {
    await directory.close()
  }
}
