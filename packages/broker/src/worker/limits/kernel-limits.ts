/**
 * The limits that the kernel keeps by itself, for each process: see getrlimit(2).
 *
 * They are set by prlimit(1), which then becomes the program: so it is confined before its first instruction, and those that it
 * starts are, too. To set them from outside right after the start would leave it the time in between. RLIMIT_AS is not among
 * them, since many runtimes reserve far more addresses than they use; nor is RLIMIT_NPROC, which counts all that a user runs,
 * threads among it, and holds for no root.
 */
import { readFileSync } from "node:fs"
import type { EffectiveLimits } from "../access/combine-limits.ts"

/**
 * Processor time over its limit at which the kernel kills a process. Higher: a broker that is held up for longer still tells why.
 * Lower: less is used meanwhile.
 */
const GRACE_SECONDS = 10

interface Range {
  readonly soft: number
  readonly hard: number
}

/** Whether any of these is the kernel's. */
export const hasKernelLimits = ({ openFiles, coreBytes, cpuSeconds }: EffectiveLimits): boolean =>
  openFiles !== undefined || coreBytes !== undefined || cpuSeconds !== undefined

/** Arguments of prlimit. What the broker itself may not have is not given either, since only root could. */
export const prlimitArguments = ({ openFiles, coreBytes, cpuSeconds }: EffectiveLimits): ReadonlyArray<string> => [
  ...(openFiles === undefined ? [] : [option("nofile", within("Max open files", openFiles, openFiles))]),
  ...(coreBytes === undefined ? [] : [option("core", within("Max core file size", coreBytes, coreBytes))]),
  // SIGXCPU at the limit says what it was. Whoever does not listen is seen by the broker, and so is the reason; the kernel's SIGKILL,
  // which gives none, is for when the broker is held up.
  ...(cpuSeconds === undefined ? [] : [option("cpu", within("Max cpu time", cpuSeconds, cpuSeconds + GRACE_SECONDS))])
]

const option = (name: string, { soft, hard }: Range): string => `--${name}=${show(soft)}:${show(hard)}`

const show = (limit: number): string => (limit === Infinity ? "unlimited" : String(limit))

const within = (row: string, soft: number, hard: number): Range => {
  const own = (ownLimits ??= readOwnLimits()).get(row)
  return { soft: Math.min(soft, own?.soft ?? Infinity), hard: Math.min(hard, own?.hard ?? Infinity) }
}

let ownLimits: ReadonlyMap<string, Range> | undefined

/** See proc_pid_limits(5). */
const readOwnLimits = (): ReadonlyMap<string, Range> => {
  const rows = readFileSync("/proc/self/limits", "latin1").matchAll(/^(Max .+?) {2,}(\w+) +(\w+)/gm)
  return new Map([...rows].map(([, name, soft, hard]) => [name!, { soft: parse(soft!), hard: parse(hard!) }]))
}

const parse = (limit: string): number => (limit === "unlimited" ? Infinity : Number(limit))
