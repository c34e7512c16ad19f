import { allProcesses, factsOf } from "./process-facts.ts"

/** Sends a signal to a process group, or with 0 only asks. Answers whether it has members. Never our own, never all. */
export const signalGroup = (pgid: number, signal: NodeJS.Signals | 0): boolean => {
  // kill(2) takes -1 for everybody, and -0 for the caller's own group.
  if (pgid <= 1 || pgid === ownGroup()) return false
  try {
    return process.kill(-pgid, signal)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}

/**
 * Whether anybody in a process group is alive.
 *
 * kill(2) counts zombies too, and where PID 1 reaps nobody (a container without an init) a zombie lasts for ever; so
 * a yes is looked at more closely in /proc, where there is one.
 */
export const groupLives = (pgid: number): boolean =>
  signalGroup(pgid, 0) && (process.platform !== "linux" || hasLivingMember(pgid))

/** Our own group. Where there is no /proc it is unknown; then our own number is refused, which is the leader's. */
const ownGroup = (): number => (own ??= factsOf("self")?.group ?? process.pid)

let own: number | undefined

const hasLivingMember = (pgid: number): boolean =>
  allProcesses().some(({ group, isAlive }) => group === pgid && isAlive)
