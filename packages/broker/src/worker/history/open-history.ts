import type { WorkerNotice } from "../../link/worker-start.ts"
import type { History, OpenHistory } from "./History.ts"

/**
 * The history, open, or why it cannot be: then no broker is to start. One that goes on (`isRunning`) after its thread was replaced
 * does without, and says so.
 */
export const openHistory = async (
  options: OpenHistory,
  isRunning: boolean,
  notify: (notice: WorkerNotice) => void
): Promise<History | undefined> => {
  // Its code is loaded only where it is wanted.
  const { History } = await import("./History.ts")
  return History.open(options).catch((cause: Error) => {
    const problem = `its history ${options.file ?? "in memory"} cannot be used: ${cause.message}`
    if (!isRunning) throw new Error(problem)
    notify({ _tag: "Log", level: "Error", message: `The broker goes on without a history, since ${problem}.` })
    return undefined
  })
}
