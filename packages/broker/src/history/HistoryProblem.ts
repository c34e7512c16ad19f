/** Why a file cannot be used as a history, in words. */
export class HistoryProblem extends Error {}

/** What SQLite, or the system, says of a failure, without the text of a statement. */
export const problemOf = (cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException
  return code === undefined || code.startsWith("ERR_") ? message : code
}
