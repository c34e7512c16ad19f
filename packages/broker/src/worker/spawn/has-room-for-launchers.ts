import { readFileSync } from "node:fs"

/** A host that may have fewer descriptors or processes than this needs them for children. */
const ENOUGH = 1024

/** Whether this process may have so many of both that more launchers, each with some 20 descriptors here, take nothing away. */
export const hasRoomForLaunchers = (): boolean => {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1")
    return ["Max processes", "Max open files"].every((name) => softLimit(limits, name) >= ENOUGH)
  } catch {
    return false
  }
}

/** See proc(5). Infinity for `unlimited`. */
const softLimit = (limits: string, name: string): number => {
  const [, soft] = new RegExp(`^${name} +(\\S+)`, "m").exec(limits) ?? []
  return soft === "unlimited" ? Infinity : Number(soft)
}
