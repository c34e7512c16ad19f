/**
 * The children of this process and their process groups: the only place from which a signal is sent.
 *
 * A signal goes to a group only while that group is certainly the one that was started here. As long as its
 * leader has not been reaped, the system cannot give its number to another; it is reaped in this thread, so nothing
 * changes between the check and the signal. Once the leader is gone, its number stays taken while the group has
 * members. A process that has the number all the same is somebody else's, and its group is left alone. Descendants out
 * of the group are signalled one by one, by PID and start time.
 */
import { existsSync } from "node:fs"
import { groupLives, signalGroup } from "./process-group.ts"
import { lookAtTree, type ProcessIdentity, signalTree, type TreeAnswer } from "./process-tree.ts"

interface Child {
  readonly pid: number
  /** It outlives whoever owns this table. */
  readonly survives: boolean
  /** Not reaped yet. */
  running: boolean
}

export class ChildTable {
  readonly #children = new Map<number, Child>()

  started(id: number, pid: number, survives = false): void {
    this.#children.set(id, { pid, survives, running: true })
  }

  /** Marks the leader as reaped. Answers whether others of its group still live; if none do, the child is forgotten. */
  exited(id: number): boolean {
    const child = this.#children.get(id)
    if (child !== undefined) child.running = false
    return this.lives(id)
  }

  /** Whether the child, or anybody of its group, is alive. */
  lives(id: number): boolean {
    const child = this.#children.get(id)
    if (child === undefined) return false
    const lives = child.running || (isUnclaimed(child.pid) && groupLives(child.pid))
    if (!lives) this.#children.delete(id)
    return lives
  }

  /** Sends a signal to the group of a child. Answers whether anybody was there. */
  signal(id: number, signal: NodeJS.Signals): boolean {
    return this.lives(id) && signalGroup(this.#children.get(id)!.pid, signal)
  }

  /**
   * The same for a child and all its descendants. `known`: those out of its group that were found before, who may have
   * outlived it, and by whom others are found.
   */
  signalTree(id: number, signal: NodeJS.Signals, known: ReadonlyArray<ProcessIdentity>): TreeAnswer {
    return signalTree(this.#leader(id), known, signal)
  }

  treeLives(id: number, known: ReadonlyArray<ProcessIdentity>): TreeAnswer {
    return lookAtTree(this.#leader(id), known)
  }

  /** SIGKILL to every group but those that survive. For the last moment of whoever owns this table. */
  killAll(): void {
    for (const [id, { survives }] of [...this.#children]) if (!survives) this.signal(id, "SIGKILL")
  }

  /** Whether a number is that of a child that survives, or was. */
  isSurvivor(pid: number): boolean {
    return [...this.#children.values()].some((child) => child.survives && child.pid === pid)
  }

  #leader(id: number): number | undefined {
    return this.lives(id) ? this.#children.get(id)!.pid : undefined
  }
}

const isUnclaimed = (pid: number): boolean => !existsSync(`/proc/${pid}`)
