/**
 * What live processes use, looked at only while somebody asks.
 *
 * A look reads all of /proc in slices, between which this thread does its other work, and serves whoever asks within a second.
 */
import { readdirSync } from "node:fs"
import { setImmediate as nextTurn } from "node:timers/promises"
import { canLook, factsOf, type ProcessFacts } from "../../child/process-facts.ts"
import { cpuSecondsOf, residentBytesAtMost } from "../limits/TreeUsage.ts"

/** From one look to the next. Higher: older figures. Lower: more of this thread's time. */
const MIN_LOOK_MS = 1000
/** Of /proc, at one go: a millisecond or two. Higher: others wait longer. Lower: the look is less of one moment. */
const SLICE = 100

export interface Usage {
  readonly cpuMs: number
  readonly residentBytes: number
}

export interface Look {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** By the PID of the leader. */
  readonly usages: ReadonlyMap<number, Usage>
}

export class LiveUsage {
  readonly #leaders: () => ReadonlySet<number>
  #look: Promise<Look> | undefined
  #isGoodUntil = 0

  /** `leaders`: PIDs of the processes that are meant. */
  constructor(leaders: () => ReadonlySet<number>) {
    this.#leaders = leaders
  }

  /** Of now, or of a second ago. */
  look(): Promise<Look> {
    if (this.#look === undefined || performance.now() >= this.#isGoodUntil) {
      this.#isGoodUntil = Infinity
      this.#look = this.#lookAnew().finally(() => (this.#isGoodUntil = performance.now() + MIN_LOOK_MS))
    }
    return this.#look
  }

  async #lookAnew(): Promise<Look> {
    const at = Date.now()
    const all = canLook() ? await readAll() : new Map<number, ProcessFacts>()
    const leaders = this.#leaders()
    const trees = Map.groupBy(all.values(), (facts) => leaderOf(facts, leaders, all))
    const usages = new Map<number, Usage>()
    for (const [leader, members] of trees) {
      if (leader === undefined) continue
      usages.set(leader, { cpuMs: cpuSecondsOf(members) * 1000, residentBytes: residentBytesAtMost(members) })
    }
    return { at, usages }
  }
}

const readAll = async (): Promise<Map<number, ProcessFacts>> => {
  const pids = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))
  const all = new Map<number, ProcessFacts>()
  for (let from = 0; from < pids.length; from += SLICE) {
    for (const pid of pids.slice(from, from + SLICE)) {
      const facts = factsOf(Number(pid))
      if (facts !== undefined) all.set(facts.pid, facts)
    }
    await nextTurn()
  }
  return all
}

/** Parents that are followed at most. What was read is not of one moment, so that a PID used again might make a ring of them. */
const MAX_DEPTH = 64

/** The one whose descendant it is: each leads a session, and a descendant is of that, or has a parent who is. */
const leaderOf = (
  facts: ProcessFacts,
  leaders: ReadonlySet<number>,
  all: ReadonlyMap<number, ProcessFacts>
): number | undefined => {
  let each: ProcessFacts | undefined = facts
  for (let depth = 0; each !== undefined && depth < MAX_DEPTH; depth++) {
    if (leaders.has(each.pid)) return each.pid
    if (leaders.has(each.session)) return each.session
    each = all.get(each.parent)
  }
  return undefined
}
