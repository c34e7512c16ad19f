/** Reads the history for others, one question at a time, in a thread or in a process of its own. */
import { setPriority } from "node:os"
import { findOutputs, findPage } from "../../history/find-records.ts"
import { problemOf } from "../../history/HistoryProblem.ts"
import { openToRead } from "../../history/open-database.ts"
import type { AnswerTo, FromReader, Question, ReaderStart } from "./thread-messages.ts"

/** Opens it, and says so. Throws if it cannot be opened. What comes back answers a question. */
export const answerHistory = (
  { file, where, nice }: ReaderStart,
  tell: (message: FromReader) => void
): ((question: Question) => void) => {
  // Of this thread alone: what others wait for goes first.
  if (process.platform === "linux") setPriority(0, nice)
  const database = openToRead(file, where)
  const answerTo = (question: Question): AnswerTo[Question["_tag"]] =>
    question._tag === "Find" ? findPage(database, question) : findOutputs(database, question.viewer, question.id)
  tell({ _tag: "Ready" })
  return (question) => {
    try {
      tell({ _tag: "Answer", answer: answerTo(question) as AnswerTo["Find"] })
    } catch (cause) {
      tell({ _tag: "Problem", problem: problemOf(cause), isQuestion: cause instanceof SyntaxError })
    }
  }
}
