import { parentPort } from "node:worker_threads"
import { answerHistory } from "./answer-history.ts"
import { problemOf } from "../../history/HistoryProblem.ts"
import type { FromReader, FromWriter, HistoryThreadStart } from "./thread-messages.ts"
import { writeHistory } from "./write-history.ts"

const port = parentPort!

/** What a thread of the history does. One that cannot open it says why, and ends. */
export const runHistoryThread = (start: HistoryThreadStart): void => {
  try {
    if (start.role === "history writer") writeHistory(start)
    else port.on("message", answerHistory(start, tell))
  } catch (cause) {
    const problem = problemOf(cause)
    tell(
      start.role === "history writer" ? { _tag: "Failed", problem } : { _tag: "Problem", problem, isQuestion: false }
    )
    port.close()
  }
}

const tell = (message: FromWriter | FromReader): void => port.postMessage(message)
