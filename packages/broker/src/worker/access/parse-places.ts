/**
 * The places that a policy names, as real paths, so that a link can lead nowhere else later.
 *
 * A derived policy comes from a client, who must not learn of what is on the disk: a place out of its reach is taken as it
 * is written, whether there is anything or not, and what lies out of the reach of one link is out of the chain's.
 */
import { type DaemonGrant, InvalidArgument, type Sandbox } from "@spawnbroker/protocol"
import { realpathSync } from "node:fs"
import { isAbsolute } from "node:path"
import { combineSandbox, type EffectiveSandbox, outermost } from "./combine-sandbox.ts"
import { type DaemonRules, type Grant, type Host, linksOf } from "./Grant.ts"
import { isWithinAny, nearestRealPath, realPath } from "./real-path.ts"

/** The directories in or under which processes may run. */
export const parseRoots = (
  cwd: ReadonlyArray<string> | undefined,
  host: Host,
  parent: Grant | undefined
): ReadonlyArray<string> => {
  if (cwd === undefined) return parent?.roots ?? [realpathSync.native(host.cwd)]
  const mayKnow = (place: string): boolean =>
    parent === undefined || linksOf(parent).every(({ roots }) => isWithinAny(roots, place))
  return cwd.map((root, index) => parsePlace(root, `cwd[${index}]`, mayKnow))
}

/** The sandbox of a chain whose youngest link says `own`. */
export const parseSandbox = (own: Sandbox | undefined, parent: Grant | undefined): EffectiveSandbox | undefined => {
  if (own === undefined) return parent?.sandbox
  const outer = parent?.sandbox
  const mayKnow = (place: string): boolean =>
    parent === undefined || (outer !== undefined && isWithinAny([...outer.read, ...outer.write], place))
  const placesOf = (name: "read" | "write"): ReadonlyArray<string> => {
    const places = (own[name] ?? []).map((place, index) => parsePlace(place, `sandbox.${name}[${index}]`, mayKnow))
    // Where there is nothing, nothing can be seen.
    return outermost(places.filter((place) => realPath(place) === place))
  }
  const sandbox = {
    read: placesOf("read"),
    write: placesOf("write"),
    network: own.network ?? false,
    bestEffort: own.bestEffort ?? false
  }
  return outer === undefined ? sandbox : combineSandbox(sandbox, outer)
}

/** The daemons that one link grants. */
export const parseDaemons = (granted: DaemonGrant | undefined, parent: Grant | undefined): DaemonRules | undefined => {
  if (granted === undefined || granted === false) return undefined
  const { names = ["*"], files = [] } = granted === true ? {} : granted
  const mayKnow = (place: string): boolean =>
    parent === undefined || linksOf(parent).every(({ daemons }) => isWithinAny(daemons?.files ?? [], place))
  return { names, files: files.map((place, index) => parsePlace(place, `daemons.files[${index}]`, mayKnow)) }
}

const parsePlace = (place: string, argument: string, mayKnow: (place: string) => boolean): string => {
  if (!isAbsolute(place)) throw new InvalidArgument({ argument, problem: "an absolute path is expected" })
  const real = realPath(place)
  if (real !== undefined) return real
  const nearest = nearestRealPath(place)
  if (mayKnow(nearest)) throw new InvalidArgument({ argument, problem: `${place} does not exist` })
  return nearest
}
