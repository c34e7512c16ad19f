import { readdirSync, readFileSync } from "node:fs"

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
 * a yes is looked at more closely in /proc, where there is one. See proc_pid_stat(5).
 */
export const groupLives = (pgid: number): boolean =>
  signalGroup(pgid, 0) && (process.platform !== "linux" || hasLivingMember(pgid))

/** Our own group. Where there is no /proc it is unknown; then our own number is refused, which is the leader's. */
const ownGroup = (): number => (own ??= Number(statOf("self")[2] ?? process.pid))

let own: number | undefined

const hasLivingMember = (pgid: number): boolean =>
  readdirSync("/proc").some((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false
    const [state, , group] = statOf(pid)
    return group === String(pgid) && state !== "Z" && state !== "X"
  })

/** State, parent and group of a process; nothing if it has gone meanwhile. */
const statOf = (pid: string): ReadonlyArray<string> => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name of the program, in parentheses, may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3)
  } catch {
    return []
  }
}
