import { type DaemonSpec, PermissionDenied } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { dirname } from "node:path"
import { type Grant, linksOf } from "./Grant.ts"
import { isWithinAny, nearestRealPath } from "./real-path.ts"

/** Decides whether a client may have a daemon of a name. Every link of the chain must allow it. */
export const authorizeDaemon = (grant: Grant, name: string): Result.Result<void, PermissionDenied> => {
  const refusing = linksOf(grant).find(
    ({ daemons }) => daemons?.names.some((pattern) => covers(pattern, name)) !== true
  )
  if (refusing === undefined) return Result.succeed(undefined)
  return Result.fail(
    new PermissionDenied({
      subject: refusing.subject,
      rule: refusing.daemons === undefined ? "daemons" : "daemons.names",
      what: `the daemon ${name}`,
      hint:
        refusing.daemons === undefined
          ? "Set `daemons: true` in the policy, or `daemons` with its name."
          : "Add it, or a pattern that covers it, to the policy's `daemons.names`."
    })
  )
}

/**
 * The same for the files that the broker would read and write for it. Whether they are where they are allowed is asked once
 * more when each is opened.
 */
export const authorizeDaemonFiles = (
  grant: Grant,
  { envFile, pidFile, log }: DaemonSpec
): Result.Result<void, PermissionDenied> => {
  for (const path of [envFile, pidFile, log?.file]) {
    if (path === undefined) continue
    const place = nearestRealPath(dirname(path))
    const refusing = linksOf(grant).find(({ daemons }) => !isWithinAny(daemons?.files ?? [], place))
    if (refusing === undefined) continue
    return Result.fail(
      new PermissionDenied({
        subject: refusing.subject,
        rule: "daemons.files",
        what: `the file ${path}, which the broker would read or write`,
        hint: "Add its directory, or one above it, to the policy's `daemons.files`."
      })
    )
  }
  return Result.succeed(undefined)
}

/** Where the files of a daemon may be, by each link of a chain. */
export const daemonFileRoots = (grant: Grant): ReadonlyArray<ReadonlyArray<string>> =>
  linksOf(grant).map(({ daemons }) => daemons?.files ?? [])

const covers = (pattern: string, name: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name
