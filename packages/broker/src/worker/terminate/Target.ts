/**
 * Whom the signals of one ending reach: a process group, or the whole tree.
 */
import type { ProcessIdentity } from "../../child/process-tree.ts"
import type { Spawned } from "../spawn/Spawner.ts"

export interface Target {
  /** Answers whether anybody was there; if so, `found` is called first. */
  readonly signal: (signal: NodeJS.Signals, found?: () => void) => Promise<boolean>
  readonly lives: () => Promise<boolean>
}

export interface TreeTarget extends Target {
  /** Somebody else has found these, out of the group. */
  readonly remember: (strays: ReadonlyArray<ProcessIdentity>) => void
}

/** The process group, and nobody else. */
export const groupOf = (spawned: Spawned): Target => spawned

/**
 * The group, and every descendant out of it. Each signal and each look remembers who was found, since most of them can
 * no longer be found once their parents have exited.
 */
export const treeOf = (spawned: Spawned): TreeTarget => {
  let known: ReadonlyArray<ProcessIdentity> = []
  return {
    signal: async (signal, found) => {
      const { lives, strays } = await spawned.signalTree(signal, known, found)
      known = strays
      return lives
    },
    remember: (strays) => {
      known = [...known, ...strays]
    },
    lives: async () => {
      const { lives, strays } = await spawned.treeLives(known)
      known = strays
      return lives
    }
  }
}
