import { setTimeout as sleep } from "node:timers/promises"
import type { Signal } from "@spawnbroker/protocol"
import type { Spawned } from "../spawn/Spawner.ts"

/** Pause between two looks at a group whose leader has gone; no event tells when the last of the others goes. */
const LOOK_AGAIN_MS = 20
/** How long a group gets to be gone after SIGKILL. A member in uninterruptible sleep may take longer; it is left. */
const KILLED_MS = 1000

export interface Ending {
  readonly signal: Signal
  readonly graceMs: number
  /** Called for each signal that found somebody. */
  readonly onSignal: (signal: Signal) => void
}

/**
 * Ends a whole process group: the signal, the grace, SIGKILL. Resolves once its leader has exited and the others are
 * gone, too.
 *
 * The grace is one for all: a grandchild that ignores the signal gets SIGKILL when it is over, even if the leader
 * obeyed at once.
 */
export const endGroup = async (spawned: Spawned, ending: Ending): Promise<void> => {
  const deadline = Date.now() + ending.graceMs
  const send = (signal: Signal): Promise<boolean> => spawned.signal(signal, () => ending.onSignal(signal))
  await send(ending.signal)
  if (!(await isGoneBy(spawned, deadline))) await send("SIGKILL")
  await spawned.exited
  await isGoneBy(spawned, Date.now() + KILLED_MS)
}

const isGoneBy = async (spawned: Spawned, deadline: number): Promise<boolean> => {
  const stop = new AbortController()
  await Promise.race([spawned.exited, sleep(Math.max(0, deadline - Date.now()), undefined, { signal: stop.signal })])
  stop.abort()
  while (await spawned.lives()) {
    if (Date.now() >= deadline) return false
    await sleep(Math.min(LOOK_AGAIN_MS, Math.max(1, deadline - Date.now())))
  }
  return true
}
