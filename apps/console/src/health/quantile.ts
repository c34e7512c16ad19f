/** How often something took how long: a count for each bound, of what took no longer, and one for the rest. */
export interface Histogram {
  readonly counts: ReadonlyArray<number>
  /** Seconds. */
  readonly max: number
}

/** What came between two looks. Where the earlier one is of another thread, which counted more, all of the later one. */
export const since = (later: Histogram, earlier: Histogram | undefined): Histogram => {
  const counts = later.counts.map((count, index) => count - (earlier?.counts[index] ?? 0))
  return counts.some((count) => count < 0) ? later : { counts, max: later.max }
}

/** Seconds within which such a share of it was: the bound of a bucket. Nothing, where there was none. */
export const quantile = (
  { counts, max }: Histogram,
  bounds: ReadonlyArray<number>,
  share: number
): number | undefined => {
  const all = counts.reduce((sum, count) => sum + count, 0)
  if (all === 0) return undefined
  let seen = 0
  const bucket = counts.findIndex((count) => (seen += count) >= share * all)
  return Math.min(bounds[bucket] ?? max, max)
}
