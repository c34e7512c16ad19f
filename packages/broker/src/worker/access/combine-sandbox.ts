import { isWithin, isWithinAny } from "./real-path.ts"

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
    read: read.filter((place) => !isWithinAny(write, place)),
    write,
    network: one.network && other.network,
    bestEffort: one.bestEffort && other.bestEffort
  }
}

/** The places that both lists cover. */
const overlap = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): ReadonlyArray<string> =>
  outermost([...one.filter((place) => isWithinAny(other, place)), ...other.filter((place) => isWithinAny(one, place))])

/** Without what lies within another of them. */
export const outermost = (places: ReadonlyArray<string>): ReadonlyArray<string> => {
  const different = [...new Set(places)]
  return different.filter((place) => !different.some((root) => root !== place && isWithin(root, place)))
}
