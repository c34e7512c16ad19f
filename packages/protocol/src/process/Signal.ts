import * as Schema from "effect/Schema"

/**
 * Every signal that Node can both send and report by name on Linux, in the order of signal(7).
 *
 * Real-time signals are left out: Node reports a child killed by one as if it had exited with code 0, so an exit
 * status would be lost.
 */
export const signals = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGKILL",
  "SIGUSR1",
  "SIGSEGV",
  "SIGUSR2",
  "SIGPIPE",
  "SIGALRM",
  "SIGTERM",
  "SIGSTKFLT",
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGWINCH",
  "SIGIO",
  "SIGPWR",
  "SIGSYS"
] as const

/** The name of a signal, as in signal(7). Nothing else is ever passed to kill(2): no numbers, so no 0 and no -1. */
export const Signal = Schema.Literals(signals)
export type Signal = typeof Signal.Type

const meanings: { readonly [S in Signal]?: string } = {
  SIGHUP: "hang-up",
  SIGINT: "interrupted from the keyboard",
  SIGQUIT: "quit from the keyboard",
  SIGILL: "illegal instruction",
  SIGABRT: "aborted",
  SIGBUS: "bad memory access",
  SIGFPE: "arithmetic error",
  SIGKILL: "killed",
  SIGSEGV: "invalid memory reference",
  SIGPIPE: "wrote to a pipe that nobody reads",
  SIGALRM: "timer expired",
  SIGTERM: "terminated",
  SIGXCPU: "CPU time limit exceeded",
  SIGXFSZ: "file size limit exceeded",
  SIGSYS: "bad system call"
}

/** What a signal says to a person, where there is a short word for it. */
export const describeSignal = (signal: Signal): string => {
  const meaning = meanings[signal]
  return meaning === undefined ? signal : `${signal} (${meaning})`
}
