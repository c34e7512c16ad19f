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
 * How often those are looked at again who have no environment, since they are about to become another program: some
 * milliseconds each. Higher: one whom a busy machine holds up in that is caught more surely. Lower: one who has taken his away
 * holds up less.
 */
const LOOKS_AT_NEWCOMERS = 25

/**
 * Kills all those that carry a mark, and their descendants, until there are none. `isOurs`: others that are meant, too.
 *
 * Whoever runs this has seen to it that nobody is started meanwhile. Holds its thread up.
 */
export const sweep = (mark: string, isOurs: (facts: ProcessFacts) => boolean = () => false): void => {
  const deadline = Date.now() + SWEEP_MS
  for (let looks = 0; Date.now() < deadline; Atomics.wait(pause, 0, 0, PAUSE_MS)) {
    const { found, newcomers } = find(mark, isOurs)
    // Somebody who is beyond our reach (another user's) would be found again and again.
    if (found.length > 0 && !signalTree(undefined, found, "SIGKILL").lives) return
    if (found.length === 0 && (newcomers === 0 || ++looks === LOOKS_AT_NEWCOMERS)) return
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Those that carry it, and how many there are of whom that cannot be said yet. */
const find = (mark: string, isOurs: (facts: ProcessFacts) => boolean) => {
  const found: Array<ProcessIdentity> = []
  let newcomers = 0
  for (const facts of allProcesses()) {
    if (!facts.isAlive || facts.isKernel) continue
    const environment = read(facts.pid, "environ")
    if (isOurs(facts) || carries(environment, mark)) found.push(facts)
    else if (environment === "" && read(facts.pid, "cmdline") === "") newcomers++
  }
  return { found, newcomers }
}

const carries = (environment: string | undefined, mark: string): boolean => {
  const wanted = `${MARK}=${mark}`
  return environment?.split("\0").some((entry) => entry === wanted || entry.startsWith(`${wanted}.`)) ?? false
}

/** Nothing of a process that has gone, or that is another user's. */
const read = (pid: number, what: "environ" | "cmdline"): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "latin1")
  } catch {
    return undefined
  }
}
