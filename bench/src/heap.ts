/**
 * A heap of so many bytes, touched and kept, as a grown application has it.
 *
 * Small objects, not buffers: a fork copies the page tables of both, but only objects make garbage collections what they
 * are in such an application.
 */
export const growHeap = (bytes: number): ReadonlyArray<unknown> => {
  const kept: Array<unknown> = []
  // An array of 8,192 small integers takes 64 KiB.
  for (let held = 0; held < bytes; held += 65_536) kept.push(Array.from({ length: 8192 }, (_, index) => index))
  return kept
}
