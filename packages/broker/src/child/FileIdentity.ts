import { type Stats, statSync } from "node:fs"

/**
 * Which file a path has led to when it was looked at. Between then and the start of a child somebody may put another in its
 * place, or a link in the place of a directory above it.
 */
export interface FileIdentity {
  readonly path: string
  readonly dev: number
  readonly ino: number
  /** When it was changed last, its content or its mode: nobody can set that back. Absent for a directory, which may change. */
  readonly ctimeMs?: number
}

export const identityOf = (path: string, stats: Stats): FileIdentity => {
  const { dev, ino, ctimeMs } = stats
  return stats.isDirectory() ? { path, dev, ino } : { path, dev, ino, ctimeMs }
}

/** Whether each path leads to the same file still. */
export const areThere = (identities: ReadonlyArray<FileIdentity>): boolean =>
  identities.every(({ path, dev, ino, ctimeMs }) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats?.dev === dev && stats.ino === ino && (ctimeMs === undefined || stats.ctimeMs === ctimeMs)
  })
