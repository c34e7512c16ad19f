import { realpathSync } from "node:fs"
import { basename, dirname, join, sep } from "node:path"

/** A path with every link followed; none if there is nothing. */
export const realPath = (path: string): string | undefined => {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}

/** Where a path that does not exist would be: the links above it followed, as far as there is anything. */
export const nearestRealPath = (path: string): string =>
  realPath(path) ?? join(nearestRealPath(dirname(path)), basename(path))

/** Whether a real path is a directory or lies below it. */
export const isWithin = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)

export const isWithinAny = (roots: ReadonlyArray<string>, path: string): boolean =>
  roots.some((root) => isWithin(root, path))
