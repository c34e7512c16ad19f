import { setTimeout as sleep } from "node:timers/promises"
import type { Signal } from "@spawnbroker/protocol"
import type { Target } from "./Target.ts"

/** Pause between two looks at a group whose leader has gone; no event tells when the last of the others goes. */
const LOOK_AGAIN_MS = 20
/** How long a group gets to be gone after SIGKILL. A member in uninterruptible sleep may take longer; it is left. */
const KILLED_MS = 1000

export interface Ending {
  /** Settles when the leader has exited. */
  readonly exited: Promise<unknown>
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
export const endGroup = async (target: Target, ending: Ending): Promise<void> => {
  const deadline = Date.now() + ending.graceMs
  const send = (signal: Signal): Promise<boolean> => target.signal(signal, () => ending.onSignal(signal))
  await send(ending.signal)
  if (!(await isGoneBy(target, ending.exited, deadline))) await send("SIGKILL")
  await ending.exited
  await isGoneBy(target, ending.exited, Date.now() + KILLED_MS)
}

const isGoneBy = async (target: Target, exited: Promise<unknown>, deadline: number): Promise<boolean> => {
  const stop = new AbortController()
  await Promise.race([exited, sleep(Math.max(0, deadline - Date.now()), undefined, { signal: stop.signal })])
  stop.abort()
  while (await target.lives()) {
    if (Date.now() >= deadline) return false
    await sleep(Math.min(LOOK_AGAIN_MS, Math.max(1, deadline - Date.now())))
  }
  return true
}
