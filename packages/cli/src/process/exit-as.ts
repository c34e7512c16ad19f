import type { ExitStatus, Signal } from "@spawnbroker/protocol"
import { constants } from "node:os"
import { SIGNAL_BASE } from "../exit-codes.ts"
import { dieBy } from "./Signals.ts"

/** Signals that end a process without a core dump, and that Node does not ignore. */
const plain = new Set<Signal>(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGUSR2", "SIGALRM"])

/**
 * Ends this process as a command has ended: with its code, or by its signal, so that a shell that runs both stops at Ctrl-C.
 * By a signal that would leave a core dump, or that Node ignores, it is the code that a shell has for it.
 */
export const exitAs = (status: ExitStatus): void => {
  if (status._tag === "Exited") {
    process.exitCode = status.code
    return
  }
  process.exitCode = SIGNAL_BASE + constants.signals[status.signal as keyof typeof constants.signals]
  if (plain.has(status.signal)) dieBy(status.signal)
}
