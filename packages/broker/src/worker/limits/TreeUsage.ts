/**
 * What a process and its descendants use, as /proc tells it.
 */
import { readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import type { ProcessFacts } from "../../child/process-facts.ts"

/** See getauxval(3). */
const AT_PAGESZ = 6n
const AT_CLKTCK = 17n

/** The units in which the kernel counts, which no API of Node tells. */
const readUnits = (): { readonly pageBytes: number; readonly ticksPerSecond: number } => {
  const vector = readFileSync("/proc/self/auxv")
  const pairs = new Map<bigint, number>()
  for (let at = 0; at + 16 <= vector.byteLength; at += 16) {
    pairs.set(vector.readBigUInt64LE(at), Number(vector.readBigUInt64LE(at + 8)))
  }
  return { pageBytes: pairs.get(AT_PAGESZ) ?? 4096, ticksPerSecond: pairs.get(AT_CLKTCK) ?? 100 }
}

let units: ReturnType<typeof readUnits> | undefined

/**
 * Processor time so far. What is not in it: those who have exited and were waited for by nobody, or by somebody who is not of
 * the tree.
 */
export const cpuSecondsOf = (members: ReadonlyArray<ProcessFacts>): number => {
  units ??= readUnits()
  return members.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / units.ticksPerSecond
}

/** Resident memory at most: pages that several of them share, as after a fork, are counted for each. */
export const residentBytesAtMost = (members: ReadonlyArray<ProcessFacts>): number => {
  units ??= readUnits()
  return members.reduce((sum, { residentPages }) => sum + residentPages, 0) * units.pageBytes
}

/**
 * Resident memory, a page that n processes share counted as an n-th for each. It costs the kernel a look at every page, so
 * nobody asks who has not seen that the cheap figure is too high.
 */
export const residentBytesOf = async (members: ReadonlyArray<ProcessFacts>): Promise<number> => {
  const each = await Promise.all(members.map(proportionalBytesOf))
  return each.reduce((sum, bytes) => sum + bytes, 0)
}

/** See proc_pid_smaps(5). */
const proportionalBytesOf = async (member: ProcessFacts): Promise<number> => {
  try {
    const rollup = await readFile(`/proc/${member.pid}/smaps_rollup`, "latin1")
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)![1]) * 1024
  } catch {
    // It has gone, or it is another user's: then what is known of it counts.
    return residentBytesAtMost([member])
  }
}
