import { sep } from "node:path"

/** Whether a path is a directory or lies below it. Both absolute, without dots, links or a slash at the end. */
export const isWithin = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
