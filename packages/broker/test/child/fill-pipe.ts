import { closeSync, constants, openSync, writeSync } from "node:fs"

/** Writes to a pipe, by the path of its end, until it takes no more. Answers how many bytes that were. */
export const fillPipe = (path: string): number => {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const page = Buffer.alloc(4096)
  let bytes = 0
  try {
    for (;;) bytes += writeSync(fd, page)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause
    return bytes
  } finally {
    closeSync(fd)
  }
}
