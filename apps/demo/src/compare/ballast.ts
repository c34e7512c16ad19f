/**
 * A heap as large as that of a program that has worked for some hours, each page of it touched.
 *
 * Many small arrays, as such a program has, rather than a few large ones: V8 spreads them over the address space, which
 * makes the page tables large, and those are what a fork copies.
 */

const ARRAY_BYTES = 8192
const BYTES_PER_NUMBER = 8

/** Fractions: V8 keeps them as doubles of 8 bytes each, in the array itself. */
const pattern = Array.from({ length: ARRAY_BYTES / BYTES_PER_NUMBER }, (_, index) => index + 0.5)

/** So many megabytes. Whoever keeps the result keeps the memory. */
export const makeBallast = (megabytes: number): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: (megabytes * 1024 * 1024) / ARRAY_BYTES }, () => pattern.slice())
