/** A thread that reads the history for others, one question at a time. */
import { readlinkSync } from "node:fs"
import { setPriority } from "node:os"
import { basename } from "node:path"
import { parentPort } from "node:worker_threads"
import { findOutputs, findPage } from "../../history/find-records.ts"
import { problemOf } from "../../history/HistoryProblem.ts"
import { openToRead } from "../../history/open-database.ts"
import type { AnswerTo, FromReader, Question, ReaderStart } from "./thread-messages.ts"

const port = parentPort!
const tell = (message: FromReader): void => port.postMessage(message)

export const answerHistory = ({ file, where, nice }: ReaderStart): void => {
  // Of this thread alone: what others wait for goes first.
  if (process.platform === "linux") setPriority(0, nice)
  const database = openToRead(file, where)
  const answerTo = (question: Question): AnswerTo[Question["_tag"]] =>
    question._tag === "Find" ? findPage(database, question) : findOutputs(database, question.viewer, question.id)
  port.on("message", (question: Question) => {
    try {
      tell({ _tag: "Answer", answer: answerTo(question) as AnswerTo["Find"] })
    } catch (cause) {
      tell({ _tag: "Problem", problem: problemOf(cause), isQuestion: cause instanceof SyntaxError })
    }
  })
  tell({ _tag: "Ready", thread: threadId() })
}

/** See proc(5), /proc/thread-self. */
const threadId = (): number | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    return Number(basename(readlinkSync("/proc/thread-self")))
  } catch {
    return undefined
  }
}
