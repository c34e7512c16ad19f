/**
 * Whether anything that the demo started is still there.
 *
 * Each child leads a process group, and what it starts is in that group unless it takes care not to be. So all groups
 * are looked for, and all children of this process. A zombie runs nothing: it waits to be reaped, and is not counted.
 */
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"

/** Those that are left, as one could look for them with ps(1). Linux only; elsewhere the groups' leaders are asked. */
export const findLeftovers = (groups: ReadonlySet<number>): ReadonlyArray<string> => {
  const processes = readProcesses()
  if (processes === undefined) return [...groups].filter(isAlive).map((pid) => `${pid}`)
  return processes
    .filter(({ state }) => state !== "Z")
    .filter(({ parent, group }) => parent === process.pid || groups.has(group))
    .map(({ pid, name }) => `${pid} ${name}`)
}

/** The same, after a moment for what is just going. */
export const awaitLeftovers = (groups: ReadonlySet<number>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    for (let attempt = 1; ; attempt++) {
      const left = findLeftovers(groups)
      if (left.length === 0 || attempt === ATTEMPTS) return left
      yield* Effect.sleep("100 millis")
    }
  })

const ATTEMPTS = 20

/** What is said when somebody stops the work: whether all that was started has ended with it. */
export const reportStop = (groups: ReadonlySet<number>): Effect.Effect<void> =>
  Effect.map(awaitLeftovers(groups), (left) => {
    const ended = left.length === 0 ? "none is left." : `left are: ${left.join(", ")}`
    process.stdout.write(`Stopped. Of ${groups.size} processes that were started ${ended}\n`)
  })

interface ProcessEntry {
  readonly pid: number
  readonly name: string
  readonly state: string
  readonly parent: number
  readonly group: number
}

const readProcesses = (): ReadonlyArray<ProcessEntry> | undefined => {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(readProcess)
      .filter((entry) => entry !== undefined)
  } catch {
    return undefined
  }
}

/** From proc_pid_stat(5): `pid (name) state parent group …`, where the name may itself have spaces and brackets. */
const readProcess = (pid: string): ProcessEntry | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    const end = stat.lastIndexOf(")")
    const [state = "", parent, group] = stat.slice(end + 2).split(" ")
    return {
      pid: Number(pid),
      name: stat.slice(stat.indexOf("(") + 1, end),
      state,
      parent: Number(parent),
      group: Number(group)
    }
  } catch {
    // It ended while we looked.
    return undefined
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(-pid, 0)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}
