/**
 * What the operating system knows of us: our open files, our descendants, and whoever carries a mark of ours.
 *
 * All of it is read from /proc (see proc(5)), so it sees also what the code under test has forgotten.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** The environment variable by which the processes of a test are known. */
export const MARK = "CONFORMANCE_MARK"

export interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** One letter: R, S, D, T, Z, … */
  readonly state: string
  /** See sched(7). */
  readonly policy: number
  readonly command: string
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1")
  } catch {
    // It has gone while we looked.
    return ""
  }
}

const factsOf = (pid: string): ProcessFacts | undefined => {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === "") return undefined
  // The name of the program, in parentheses, may hold anything. The places of the others are those of proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const number = (place: number): number => Number(fields[place - 3])
  return {
    pid: Number(pid),
    state: fields[0]!,
    parent: number(4),
    group: number(5),
    session: number(6),
    policy: number(41),
    command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()
  }
}

/** Every process of the machine, dead ones that nobody has reaped included. */
export const processes = (): ReadonlyArray<ProcessFacts> =>
  readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(factsOf)
    .filter((facts) => facts !== undefined)

const isAlive = ({ state }: ProcessFacts): boolean => state !== "Z" && state !== "X"

/** One process, if it is alive. */
export const living = (pid: number): ProcessFacts | undefined => {
  const facts = factsOf(String(pid))
  return facts !== undefined && isAlive(facts) ? facts : undefined
}

/** The living processes that carry a mark. */
export const bearing = (mark: string): ReadonlyArray<ProcessFacts> =>
  processes().filter((facts) => isAlive(facts) && environmentOf(facts).split("\0").includes(`${MARK}=${mark}`))

/** Waits for that of a process in the middle of an exec, which has none for a moment, and no arguments. */
const environmentOf = ({ pid, command }: ProcessFacts): string => {
  let environment = read(`/proc/${pid}/environ`)
  if (command !== "") return environment
  for (let looks = 0; environment === "" && hasMemory(pid) && looks < 100; looks++) {
    Atomics.wait(pause, 0, 0, 1)
    environment = read(`/proc/${pid}/environ`)
  }
  return environment
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** A thread of the kernel's own has none, nor has who has gone. */
const hasMemory = (pid: number): boolean => !/^(0 |$)/.test(read(`/proc/${pid}/statm`))

/**
 * The children of a process, theirs, and so on; also those whose session or group is led by one of them, since a
 * grandchild loses its parent. Zombies count: a child that is not reaped is a leak.
 */
export const descendants = (root: number = process.pid): ReadonlyArray<ProcessFacts> => {
  const all = processes()
  const found = new Map<number, ProcessFacts>()
  const isOurs = (facts: ProcessFacts): boolean =>
    facts.pid !== root &&
    (facts.parent === root || [facts.parent, facts.session, facts.group].some((leader) => found.has(leader)))
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const facts of all) if (isOurs(facts)) found.set(facts.pid, facts)
  }
  return [...found.values()]
}

/** The launcher of this process's broker, if it has one. */
export const launcher = (root: number = process.pid): ProcessFacts | undefined =>
  descendants(root).find(({ command, parent }) => parent === root && command.includes("launcher/main"))

/** What a process has open, by kind: `socket`, `pipe`, `anon_inode:[eventfd]`, a path. */
export const openFiles = (pid: number | "self" = "self"): Readonly<Record<string, number>> =>
  countBy(
    readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[[0-9]+\]$/, "")
      } catch {
        // The descriptor of the listing itself.
        return undefined
      }
    })
  )

export const countBy = (names: Iterable<string | undefined>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const name of names) if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Resident memory of a process, in bytes. */
export const residentBytes = (pid: number = process.pid): number => {
  const kilobytes = /^VmRSS:\s+([0-9]+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/** What is compared before and after: all that a broker may take and must give back. */
export interface Census {
  readonly files: Readonly<Record<string, number>>
  readonly processes: ReadonlyArray<string>
}

export const takeCensus = (): Census => ({
  files: openFiles(),
  processes: descendants()
    .map(({ command, state }) => `${state === "Z" ? "zombie " : ""}${command}`)
    .toSorted()
})
