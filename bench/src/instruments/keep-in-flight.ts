/**
 * Does something `count` times, with so many under way at any moment. Answers how often it was done.
 *
 * With a deadline nothing new is begun after it, and what is under way is waited for.
 */
export const keepInFlight = async (
  limits: { readonly count: number; readonly inFlight: number; readonly deadlineMs?: number },
  work: (index: number) => Promise<unknown>
): Promise<number> => {
  const { count, inFlight, deadlineMs = Infinity } = limits
  const endAt = performance.now() + deadlineMs
  let begun = 0
  const worker = async (): Promise<void> => {
    while (begun < count && (begun < inFlight || performance.now() < endAt)) await work(begun++)
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return begun
}
