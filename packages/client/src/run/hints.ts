import { describeSignal, type ExceededLimit, type Exited, type KilledBy, type Signal } from "@spawnbroker/protocol"
import type { RunResult } from "./RunResult.ts"

/** What may be done about a run that was not a success, or was not kept whole. Only what is certain of this one. */
export const hintFor = (result: RunResult): ReadonlyArray<string> => [
  ...aboutItsEnd(result),
  ...(result.truncated ? [aboutItsLength(result)] : [])
]

const aboutItsEnd = (result: RunResult): ReadonlyArray<string> => {
  const { exit, killedBy } = result
  if (result.cancelled) return []
  if (result.limit !== undefined) return [aboutLimit[result.limit]]
  if (result.timedOut) return ["raise `timeout` or `idleTimeout`, or find what it waits for."]
  if (killedBy !== undefined) return [byKiller[killedBy]]
  const hint = exit._tag === "Signaled" ? bySignal[exit.signal] : byCode(nameOf(result.command), exit)
  return hint === undefined ? [] : [hint]
}

const aboutLimit: { readonly [L in ExceededLimit]: string } = {
  wallTime: "its policy lets it run no longer: `limits.wallTime`.",
  outputBytes: "its policy lets it say no more, and what was over is not here: `limits.outputBytes`.",
  memoryBytes: "it and its descendants took more memory than its policy allows: `limits.memoryBytes`.",
  processes: "it and its descendants were more than its policy allows: `limits.processes`.",
  cpuSeconds: "it and its descendants have used up the processor time of its policy: `limits.cpuSeconds`."
}

const byKiller: { readonly [K in KilledBy]: string } = {
  client: "a client with the right to do so sent the signal.",
  timeout: "its time was up.",
  limit: "it reached a limit of its policy.",
  revoked: "the token that it ran under was revoked.",
  shutdown: "the broker was shut down.",
  crash: "the process that starts children died, and took this one with it. Run it again."
}

const bySignal: { readonly [S in Signal]?: string } = {
  SIGKILL:
    "none of us sent this. Perhaps the kernel did, for want of memory: look at its log (dmesg), and at the limits of the container.",
  SIGPIPE: "whoever read its output stopped reading. Read it to its end, or ignore this if that was meant.",
  SIGSEGV: "a fault in the program, or in native code that it has loaded; its core dump tells where (coredumpctl).",
  SIGXCPU: "it has used up its CPU time (ulimit -t).",
  SIGXFSZ: "it has written a file larger than it may (ulimit -f)."
}

/** A program may use any code for its own ends, so this is only what is usually meant. */
const byCode = (name: string, exit: Exited): string | undefined => {
  const meaning = meaningOf(name, exit)
  return meaning === undefined ? undefined : `this is how ${name} says that ${meaning}`
}

const meaningOf = (name: string, { code }: Exited): string | undefined => {
  if (name === "node") return nodeCodes[code]
  if (!runners.has(name)) return undefined
  if (code === 127) return "it did not find a command that it was to run: look at its spelling, and at PATH."
  if (code === 126) return "it may not execute a command that it has found (chmod +x)."
  return shells.has(name) ? commandSignaled(code) : undefined
}

/** A shell exits with 128 and the number of the signal that has ended a command. See 2.8.2 of POSIX, XCU. */
const commandSignaled = (code: number): string | undefined => {
  const signal = portableSignals[code - 128]
  if (signal === undefined) return undefined
  const memory = signal === "SIGKILL" ? " Perhaps the kernel did it, for want of memory (dmesg)." : ""
  return `a command was ended by ${describeSignal(signal)}.${memory}`
}

const shells: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash"])
/** What runs a command that it is given, and has 126 and 127 from POSIX for where it cannot. */
const runners: ReadonlySet<string> = new Set([...shells, "env", "nice", "nohup", "xargs", "time", "timeout"])

/** Those that have the same number wherever there are signals. */
const portableSignals: { readonly [number: number]: Signal } = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM"
}

/** Those that Node still uses (src/node_exit_code.h) and that say more than "it failed", in the words of its manual. */
const nodeCodes: { readonly [code: number]: string } = {
  6: "an exception was not caught, and what was to handle that is no function.",
  7: "an exception was not caught, and the handler for that threw another.",
  9: "it was given an option that it does not know, or one without its value.",
  10: "it could not start up (an internal error).",
  12: "it was given an address for its inspector that is not valid.",
  13: "a top-level `await` of the program never settled.",
  14: "it could not build the start-up snapshot."
}

const aboutItsLength = ({ omittedBytes: { stdout, stderr } }: RunResult): string => {
  const parts = [stdout > 0 && `${stdout} bytes of stdout`, stderr > 0 && `${stderr} bytes of stderr`].filter(Boolean)
  return `${parts.join(" and ")} were not kept: raise \`maxOutputBytes\`, or take them as they come with \`onLine\`.`
}

const nameOf = (command: string): string => command.slice(command.lastIndexOf("/") + 1)
