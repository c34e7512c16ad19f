/**
 * What /proc says of the processes of this machine. See proc_pid_stat(5).
 */
import { readdirSync, readFileSync } from "node:fs"

export interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Clock ticks from the boot of the machine. With the PID it names one process, and never another. */
  readonly startTime: number
  /** A thread of the kernel's own, see PF_KTHREAD. */
  readonly isKernel: boolean
  /** Not a zombie. One whose main thread has ended while others go on looks like one, and is none. */
  readonly isAlive: boolean
  /** Stopped, or in the middle of what no signal interrupts: a stop that it has been told comes right after. */
  readonly isStill: boolean
  /** Clock ticks of processor time, of it and of those of its descendants who have exited and been waited for. */
  readonly cpuTicks: number
  readonly residentPages: number
}

/** One process, if there is one of that number now. */
export const factsOf = (pid: number | "self"): ProcessFacts | undefined => {
  try {
    return parse(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return undefined
  }
}

/** Every process. Those that come or go meanwhile may be among them or not. */
export function* allProcesses(): Generator<ProcessFacts> {
  for (const name of readdirSync("/proc")) {
    const facts = /^[0-9]+$/.test(name) ? factsOf(Number(name)) : undefined
    if (facts !== undefined) yield facts
  }
}

/** Whether this machine says anything. */
export const canLook = (): boolean => factsOf("self") !== undefined

/** See linux/sched.h. */
const PF_KTHREAD = 0x200000

const parse = (stat: string): ProcessFacts => {
  // The name of the program, in parentheses, may hold anything.
  const end = stat.lastIndexOf(")")
  const fields = stat.slice(end + 2).split(" ", 22)
  const [state, parent, group, session] = fields
  const threads = Number(fields[17])
  return {
    pid: Number.parseInt(stat, 10),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime: Number(fields[19]),
    isKernel: (Number(fields[6]) & PF_KTHREAD) !== 0,
    isAlive: (state !== "Z" && state !== "X") || threads > 1,
    isStill: state === "T" || state === "t" || state === "D",
    cpuTicks: Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]),
    residentPages: Number(fields[21])
  }
}
