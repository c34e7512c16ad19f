import { closeSync, openSync, readSync } from "node:fs"
import { basename } from "node:path"
import type { ChildRequest } from "../../child/start-child.ts"

/**
 * The path by which a program is run that others run, who name it by its path: `argv0` cannot be said to them.
 *
 * That is the file itself, unless the program goes by the name it was called by, as those do that are many in one (busybox), or
 * that look around themselves (an interpreter in a virtual environment): it is run by the link of that name, which the system
 * follows again. A script never sees its name, but the path of its file.
 */
export const pathToRun = ({ file, argv0 }: ChildRequest, found: string): string =>
  basename(argv0) === basename(file) || isScript(file) ? file : found

const isScript = (file: string): boolean => {
  let fd: number | undefined
  try {
    fd = openSync(file, "r")
    const mark = Buffer.alloc(2)
    return readSync(fd, mark) === 2 && mark.toString("latin1") === "#!"
  } catch {
    return false
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
