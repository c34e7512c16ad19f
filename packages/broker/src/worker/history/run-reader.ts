import { createInterface } from "node:readline"
import { problemOf } from "../../history/HistoryProblem.ts"
import { answerHistory } from "./answer-history.ts"
import type { FromReader, Question, ReaderStart } from "./thread-messages.ts"

/**
 * What a process that reads the history does: lines come in and go out, until its input ends. The first says how to start. One
 * that cannot open it says why, and ends.
 */
export const runHistoryReader = (): void => {
  const lines = createInterface(process.stdin)
  lines.once("line", (start) => {
    try {
      const answer = answerHistory(JSON.parse(start) as ReaderStart, tell)
      lines.on("line", (question) => answer(JSON.parse(question) as Question))
    } catch (cause) {
      tell({ _tag: "Problem", problem: problemOf(cause), isQuestion: false })
      process.stdin.destroy()
    }
  })
}

/** At once: what goes into a pipe or a socket is written before the call returns. */
const tell = (message: FromReader): void => void process.stdout.write(`${JSON.stringify(message)}\n`)
