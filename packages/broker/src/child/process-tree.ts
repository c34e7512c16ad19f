/**
 * A child's descendants, also those that have left its process group: strays.
 *
 * Each child leads a session. From there, and from the strays that are known already, two links are followed until
 * nobody new turns up: parents to their children, and a member to everybody of its session, since the sessions of
 * descendants were all made by descendants. So a stray is found as long as it shares a session with, or has a living
 * chain of parents up to, somebody who is known.
 *
 * What cannot be found: a process that leads a session of its own, and all of whose ancestors in the tree have exited
 * before anybody looked. It is a child of init then, and nothing says whose it was: a daemon that has forked twice.
 */
import { allProcesses, factsOf, type ProcessFacts } from "./process-facts.ts"
import { signalGroup } from "./process-group.ts"

/** One process for ever, which a PID alone is not. */
export interface ProcessIdentity {
  readonly pid: number
  /** As {@link ProcessFacts} has it. */
  readonly startTime: number
}

export interface TreeAnswer {
  /** Whether anybody was there, in the group or out of it. */
  readonly lives: boolean
  /** Those out of it. */
  readonly strays: ReadonlyArray<ProcessIdentity>
}

/**
 * How long a tree may take to stand still before it gets SIGKILL. It takes a few looks of some milliseconds. Higher: one
 * that forks fast on a busy machine is caught whole more surely. Lower: whoever kills it is held up for less.
 */
const FREEZE_MS = 1000
/** Looks at least, however long they take, and at most at a tree that is not made to stand still and may grow. */
const MIN_LOOKS = 4
const MAX_LOOKS = 10

/** Who is there: the group of `leader`, where there still is one, and the strays. */
export const lookAtTree = (leader: number | undefined, known: ReadonlyArray<ProcessIdentity>): TreeAnswer => {
  const members = findMembers(leader, known)
  return { lives: members.length > 0, strays: straysOf(members, leader) }
}

/**
 * Sends a signal to the group of `leader` and to every stray.
 *
 * SIGKILL goes to a tree that stands still. Otherwise one that forks might always have a child more than was seen. So
 * each is stopped first, as it is found, and the leaves die first: the death of a parent may make the system wake up a
 * stopped group of its children.
 *
 * Any other signal leaves those alive who handle it, and they would notice a stop. So they are not stopped, and the
 * parents come first: a shell or a supervisor whose child dies before it hears anything itself starts the next.
 */
export const signalTree = (
  leader: number | undefined,
  known: ReadonlyArray<ProcessIdentity>,
  signal: NodeJS.Signals
): TreeAnswer => {
  const kills = signal === "SIGKILL"
  const strays = straysOf(kills ? stopTree(leader, known) : lookUntilSettled(leader, known), leader)
  if (kills) for (const stray of strays.toReversed()) signalOne(stray, signal)
  const groupLives = leader !== undefined && signalGroup(leader, signal)
  if (!kills) for (const stray of strays) signalOne(stray, signal)
  return { lives: groupLives || strays.length > 0, strays }
}

export const straysOf = (
  members: ReadonlyArray<ProcessFacts>,
  leader: number | undefined
): ReadonlyArray<ProcessIdentity> =>
  members.filter(({ group }) => group !== leader).map(({ pid, startTime }) => ({ pid, startTime }))

/** Looks until nobody new turns up. */
const lookUntilSettled = (
  leader: number | undefined,
  known: ReadonlyArray<ProcessIdentity>
): ReadonlyArray<ProcessFacts> => {
  let members = findMembers(leader, known)
  for (let look = 1; look < MAX_LOOKS; look++) {
    const before = new Set(members.map(keyOf))
    members = findMembers(leader, [...known, ...members])
    if (members.every((member) => before.has(keyOf(member)))) break
  }
  return members
}

/**
 * Stops each member as it is found, until all of them stand still.
 *
 * The group is stopped by one signal before the first look, which takes its time. One whole look more is needed after
 * all have been seen still: a fork that was under way when its process was told to stop is finished first, and may be at
 * a place that the look had passed.
 */
const stopTree = (leader: number | undefined, known: ReadonlyArray<ProcessIdentity>): ReadonlyArray<ProcessFacts> => {
  const deadline = Date.now() + FREEZE_MS
  const told = new Set<string>()
  const unstoppable = new Set<string>()
  let members: ReadonlyArray<ProcessFacts> = []
  if (leader !== undefined) signalGroup(leader, "SIGSTOP")
  for (let looks = 0, stillLooks = 0; stillLooks < 2 && (looks < MIN_LOOKS || Date.now() < deadline); looks++) {
    members = findMembers(leader, [...known, ...members])
    const fresh = members.filter((member) => !told.has(keyOf(member)))
    for (const member of fresh) {
      told.add(keyOf(member))
      if (!signalOne(member, "SIGSTOP")) unstoppable.add(keyOf(member))
    }
    const standsStill = members.every((member) => member.isStill || unstoppable.has(keyOf(member)))
    stillLooks = standsStill && fresh.length === 0 ? stillLooks + 1 : 0
    // A process stops once it has its turn on a processor; let it have one.
    if (!standsStill) Atomics.wait(pause, 0, 0, 1)
  }
  return members
}

const pause = new Int32Array(new SharedArrayBuffer(4))

const keyOf = ({ pid, startTime }: ProcessIdentity): string => `${pid}:${startTime}`

/** Signals one process, if it still is the one that is meant. */
const signalOne = (process_: ProcessIdentity, signal: NodeJS.Signals): boolean => {
  if (factsOf(process_.pid)?.startTime !== process_.startTime) return false
  try {
    return process.kill(process_.pid, signal)
  } catch {
    // It has gone, or it runs as somebody else.
    return false
  }
}

/** Everybody who may belong to a tree, at one moment. */
export interface Everybody {
  readonly byPid: ReadonlyMap<number, ProcessFacts>
  readonly children: ReadonlyMap<number, ReadonlyArray<ProcessFacts>>
  readonly sessions: ReadonlyMap<number, ReadonlyArray<ProcessFacts>>
}

export const lookAtEverybody = (): Everybody => {
  const isOff = offLimits()
  const all = [...allProcesses()].filter((facts) => facts.isAlive && !isOff(facts))
  return {
    byPid: new Map(all.map((facts) => [facts.pid, facts])),
    children: Map.groupBy(all, ({ parent }) => parent),
    sessions: Map.groupBy(all, ({ session }) => session)
  }
}

/** The living members of a tree, each parent before its children. */
export const membersAmong = (
  { byPid, children, sessions }: Everybody,
  leader: number | undefined,
  known: ReadonlyArray<ProcessIdentity>
): ReadonlyArray<ProcessFacts> => {
  // Its group is in its session. A set is iterated to its end, also over what is added meanwhile.
  const members = new Set(leader === undefined ? [] : sessions.get(leader))
  for (const { pid, startTime } of known) {
    const facts = byPid.get(pid)
    if (facts?.startTime === startTime) members.add(facts)
  }
  const seenSessions = new Set<number>()
  for (const { pid, session } of members) {
    for (const child of children.get(pid) ?? []) members.add(child)
    if (seenSessions.has(session)) continue
    seenSessions.add(session)
    for (const other of sessions.get(session) ?? []) members.add(other)
  }
  return parentsFirst(members, children)
}

const findMembers = (leader: number | undefined, known: ReadonlyArray<ProcessIdentity>): ReadonlyArray<ProcessFacts> =>
  membersAmong(lookAtEverybody(), leader, known)

const parentsFirst = (
  members: ReadonlySet<ProcessFacts>,
  children: ReadonlyMap<number, ReadonlyArray<ProcessFacts>>
): ReadonlyArray<ProcessFacts> => {
  const pids = new Set([...members].map(({ pid }) => pid))
  const ordered = new Set([...members].filter(({ parent }) => !pids.has(parent)))
  for (const { pid } of ordered) for (const child of children.get(pid) ?? []) ordered.add(child)
  return [...ordered]
}

/**
 * Who is never signalled, whatever /proc says: init, ourselves and everybody of our session, and those whose descendants
 * we are (a launcher's host). None of them can be a descendant of a child; this holds even if we were wrong there.
 */
const offLimits = (): ((facts: ProcessFacts) => boolean) => {
  const above = new Set([0, 1])
  const own = factsOf("self")
  for (let each = own; each !== undefined && !above.has(each.pid); each = factsOf(each.parent)) above.add(each.pid)
  return ({ pid, session }) => above.has(pid) || session === own?.session || session === 0
}
