/** Looks within the time that a thread may stand still. More: a hang is noticed more exactly, and the host wakes up more often. */
const LOOKS = 5

/**
 * Calls `onStill` once, if a thread counts no heartbeat for so long. Answers how to stop watching.
 *
 * So many looks in a row must see it still, and not so many seconds go by: while the machine sleeps, or the host's own thread
 * is held up, nobody looks.
 */
export const watchHeartbeat = (beats: Int32Array, stillForMs: number, onStill: () => void): (() => void) => {
  let last = Atomics.load(beats, 0)
  let stillLooks = 0
  const timer = setInterval(() => {
    const now = Atomics.load(beats, 0)
    stillLooks = now === last ? stillLooks + 1 : 0
    last = now
    if (stillLooks < LOOKS) return
    clearInterval(timer)
    onStill()
  }, stillForMs / LOOKS).unref()
  return () => clearInterval(timer)
}
