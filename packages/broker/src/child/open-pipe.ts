/**
 * Opens one end of a named pipe, without waiting for whoever has the other. See fifo(7).
 */
import { closeSync, constants, existsSync, openSync } from "node:fs"

/** The end of a pipe that is read from, or the one that is written to. */
export type PipeEnd = "read" | "write"

/** Where mkfifo is looked for: the launcher has no PATH, and a host's may be anything. */
const MKFIFO_FILES = ["/usr/bin/mkfifo", "/bin/mkfifo", "/usr/local/bin/mkfifo", "/run/current-system/sw/bin/mkfifo"]

/** The file of mkfifo, or one that is not there. */
export const mkfifoFile = (): string => MKFIFO_FILES.find((file) => existsSync(file)) ?? MKFIFO_FILES[0]!

/**
 * A descriptor on which a child waits for bytes or for room, as children expect.
 *
 * The first to open one end waits for the other unless it says that it does not want to; then its descriptor would not wait
 * for bytes either. So it only opens the door for the one that follows.
 */
export const openPipeEnd = (path: string, end: PipeEnd): number => {
  const door = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  try {
    return openSync(path, end === "read" ? constants.O_RDONLY : constants.O_WRONLY)
  } finally {
    closeSync(door)
  }
}

/** A descriptor that never waits. One to write to fails with ENXIO where nobody reads. */
export const openNonBlocking = (path: string, end: PipeEnd): number =>
  openSync(path, (end === "read" ? constants.O_RDONLY : constants.O_WRONLY) | constants.O_NONBLOCK)
