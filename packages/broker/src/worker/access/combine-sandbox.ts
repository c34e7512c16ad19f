import { isWithin } from "./is-within.ts"

/** What the processes of a chain can see and reach: what the sandbox of every link that has one lets through. */
export interface EffectiveSandbox {
  /** Real paths, to read. What may be written may be read, and need not be here. */
  readonly read: ReadonlyArray<string>
  /** Real paths, to read and write. */
  readonly write: ReadonlyArray<string>
  readonly network: boolean
  /** Whether every link that has a sandbox puts up with a machine that has none. */
  readonly bestEffort: boolean
}

/** Both: what either refuses is refused. */
export const combineSandbox = (one: EffectiveSandbox, other: EffectiveSandbox): EffectiveSandbox => {
  const write = overlap(one.write, other.write)
  const read = overlap([...one.read, ...one.write], [...other.read, ...other.write])
  return {
    read: read.filter((place) => !write.some((root) => isWithin(root, place))),
    write,
    network: one.network && other.network,
    bestEffort: one.bestEffort && other.bestEffort
  }
}

/** The places that both lists cover, none of them within another. */
const overlap = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): ReadonlyArray<string> => {
  const covered = (roots: ReadonlyArray<string>, place: string) => roots.some((root) => isWithin(root, place))
  const both = [...one.filter((place) => covered(other, place)), ...other.filter((place) => covered(one, place))]
  return outermost(both)
}

/** Without what lies within another of them. */
export const outermost = (places: ReadonlyArray<string>): ReadonlyArray<string> => {
  const different = [...new Set(places)]
  return different.filter((place) => !different.some((root) => root !== place && isWithin(root, place)))
}
