/** The value below or at which so many per cent of the samples lie. */
export const percentile = (samples: ReadonlyArray<number>, percent: number): number => {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN
}
