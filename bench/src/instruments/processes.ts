/** What the kernel knows of processes: the same source for every runtime. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"

const PAGE_BYTES = 4096

/** Resident memory, in bytes. */
export const residentBytes = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ", 2)[1]) * PAGE_BYTES

/** The most that this process has held since {@link forgetPeak}, in bytes. */
export const peakBytes = (): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024

export const forgetPeak = (): void => writeFileSync("/proc/self/clear_refs", "5")

/** Bytes that a process has written so far. */
export const writtenBytes = (pid: number): number =>
  Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "latin1"))?.[1])

/** The children of this process, whichever of its threads has started them. */
export const children = (): ReadonlyArray<number> =>
  readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number)
  )

/** The living descendants of this process. */
export const descendants = (): ReadonlyArray<number> => {
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1")
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      if (state !== "Z") parents.set(Number(name), Number(parent))
    } catch {
      // It has gone meanwhile.
    }
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === process.pid || isOurs(parent))
  }
  return [...parents.keys()].filter(isOurs)
}

/** The launchers among the children of this process. */
export const launchers = (): ReadonlyArray<number> =>
  children().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("launcher/main"))
