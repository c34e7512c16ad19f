import { type Limits } from "@spawnbroker/protocol"
import { parseDuration } from "./parse-duration.ts"

/** What each process may use, by every link of a chain: the least that any of them says. What is absent is not limited. */
export interface EffectiveLimits {
  readonly wallTimeMs?: number
  readonly outputBytes?: number
  readonly stdinBytes?: number
  readonly memoryBytes?: number
  readonly processes?: number
  readonly cpuSeconds?: number
  readonly openFiles?: number
  readonly coreBytes?: number
  /** The most that any link says, as the nicer gets less. */
  readonly nice?: number
  /** Whether every link that has limits puts up with a machine that cannot enforce them. */
  readonly bestEffort?: boolean
}

/**
 * What the processes of one link may be all in all. It is not combined, since each link counts for itself: a start takes
 * from the quota of every link of its chain, so that no number of derived tokens gets more than what they derive from.
 */
export interface Quota {
  readonly concurrent?: number
  readonly startsPerMinute?: number
}

export const quotaOf = ({ concurrent, startsPerMinute }: Limits): Quota => ({
  ...(concurrent !== undefined && { concurrent }),
  ...(startsPerMinute !== undefined && { startsPerMinute })
})

/** The limits of one policy by itself. */
export const limitsOf = ({
  concurrent: _concurrent,
  startsPerMinute: _starts,
  wallTime,
  ...each
}: Limits): EffectiveLimits => ({
  ...each,
  ...(wallTime !== undefined && { wallTimeMs: parseDuration(wallTime) })
})

/** Both: of each limit the stricter one. It is associative and commutative, and nothing is its neutral element. */
export const combineLimits = (one: EffectiveLimits, other: EffectiveLimits): EffectiveLimits => {
  if (isUnlimited(one)) return other
  if (isUnlimited(other)) return one
  const combined: { -readonly [L in keyof EffectiveLimits]: EffectiveLimits[L] } = {}
  for (const name of lesserIsStricter) set(combined, name, least(one[name], other[name]))
  const nice = Math.max(one.nice ?? 0, other.nice ?? 0)
  if (one.nice !== undefined || other.nice !== undefined) combined.nice = nice
  if (one.bestEffort !== undefined || other.bestEffort !== undefined) {
    combined.bestEffort = one.bestEffort === true && other.bestEffort === true
  }
  return combined
}

type LesserIsStricter = Exclude<keyof EffectiveLimits, "nice" | "bestEffort">

const lesserIsStricter: ReadonlyArray<LesserIsStricter> = [
  "wallTimeMs",
  "outputBytes",
  "stdinBytes",
  "memoryBytes",
  "processes",
  "cpuSeconds",
  "openFiles",
  "coreBytes"
]

const isUnlimited = (limits: EffectiveLimits): boolean => Object.keys(limits).length === 0

const least = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)

const set = (limits: Record<string, unknown>, name: string, value: number | undefined): void => {
  if (value !== undefined) limits[name] = value
}
