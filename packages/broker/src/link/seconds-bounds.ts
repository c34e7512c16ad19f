/** Upper bounds of the buckets of a time, in seconds. What takes longer than the last is in one more bucket. */
export const SECONDS_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
