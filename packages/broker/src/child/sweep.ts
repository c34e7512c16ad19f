/**
 * The end of everybody whom a launcher, or a worker without one, has started, wherever they are in the process tree by then.
 *
 * Groups do not tell: a descendant may have made a session of its own, and lost all of its parents. So each child gets a
 * mark in its environment, which its descendants inherit and cannot lose but by replacing their environment on purpose.
 */
import { readFileSync } from "node:fs"
import { allProcesses, type ProcessFacts } from "./process-facts.ts"
import { type ProcessIdentity, signalTree } from "./process-tree.ts"

/** The variable of the mark. Its value is the identifier of whoever starts children; a broker's, a dot and more is that broker's, too. */
export const MARK = "SPAWNBROKER_ID"

/**
 * How long it may take until nobody is left. One look takes some 20 µs a process of the machine. Higher: a tree that forks as
 * fast as it can on a busy machine is caught more surely. Lower: whoever waits for this, waits less.
 */
const SWEEP_MS = 3000
const PAUSE_MS = 2

/**
 * Kills all those that carry a mark, and their descendants, until there are none. `isOurs`: others that are meant, too.
 *
 * Whoever runs this has seen to it that nobody is started meanwhile. Holds its thread up.
 */
export const sweep = (mark: string, isOurs: (facts: ProcessFacts) => boolean = () => false): void => {
  const deadline = Date.now() + SWEEP_MS
  for (let left = find(mark, isOurs); left.length > 0 && Date.now() < deadline; left = find(mark, isOurs)) {
    // Somebody who is beyond our reach (another user's) would be found again and again.
    if (!signalTree(undefined, left, "SIGKILL").lives) return
    Atomics.wait(pause, 0, 0, PAUSE_MS)
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

const find = (mark: string, isOurs: (facts: ProcessFacts) => boolean): ReadonlyArray<ProcessIdentity> =>
  [...allProcesses()].filter((facts) => facts.isAlive && (isOurs(facts) || carries(facts.pid, mark)))

const carries = (pid: number, mark: string): boolean => {
  const wanted = `${MARK}=${mark}`
  return environmentOf(pid).some((entry) => entry === wanted || entry.startsWith(`${wanted}.`))
}

/** None of a process that has gone, or that is another user's. */
const environmentOf = (pid: number): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0")
  } catch {
    return []
  }
}
