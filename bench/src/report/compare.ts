import type { Metric } from "../scenarios/Scenario.ts"
import type { Result } from "./Result.ts"

/** How many times better one result is than another; undefined where that has no meaning. */
export const timesBetter = (better: Metric["better"], ours: Result, peer: Result): number | undefined => {
  const [over, under] = better === "more" ? [ours.median, peer.median] : [peer.median, ours.median]
  return over > 0 && under > 0 ? over / under : undefined
}
