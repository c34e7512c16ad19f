import { nearestNames } from "@spawnbroker/protocol"
import type { Grant } from "./Grant.ts"
import { pathNames } from "./path-names.ts"
import { resolveCommand } from "./resolve-command.ts"

/** Names that the client may know: its own policy's. Where something else is, is not said to who may not run it. */
const grantedNames = (grant: Grant): ReadonlyArray<string> =>
  grant.commands.flatMap(({ command }) => (command.includes("/") || grant.deny.includes(command) ? [] : [command]))

/** The granted name that was most likely meant. */
export const nearestGranted = (typed: string, grant: Grant): string | undefined =>
  typed.includes("/") ? undefined : nearestNames(typed, grantedNames(grant))[0]

/**
 * The name that was most likely meant, of those that can be run. What was asked for is granted, so the PATH of that policy is
 * the client's to know.
 */
export const nearestThere = (typed: string, grant: Grant): string | undefined =>
  nearestNames(typed, new Set([...grantedNames(grant), ...pathNames(grant.path)]))
    .slice(0, MAX_TRIED_NAMES)
    .find((name) => !grant.deny.includes(name) && typeof resolveCommand(name, grant.path, "/") !== "string")

/** How many near names are looked up, to find one that can be run. */
const MAX_TRIED_NAMES = 10
