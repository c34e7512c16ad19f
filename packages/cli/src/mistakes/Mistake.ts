import { printable } from "@spawnbroker/protocol"

/** Something wrong in a file, with its place. */
export interface Mistake {
  readonly file: string
  /** From 1 on. Absent where the file is a program, whose values have no place in it. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  /** As one would write it: `daemons.web.readiness.http.port`. */
  readonly path: string
  readonly problem: string
  /** What to do about it, where that is known. */
  readonly hint?: string | undefined
}

export type PathStep = string | number

/** `daemons.web.args[0]`. */
export const showPath = (path: ReadonlyArray<PathStep>): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`
    if (!/^[\w$-]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`
    return text === "" ? step : `${text}.${step}`
  }, "")

/** The steps of a path that is written so. */
export const readPath = (text: string): ReadonlyArray<PathStep> =>
  [...text.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index)
    return quoted === undefined ? name! : (JSON.parse(`"${quoted}"`) as string)
  })

/** `file:line:column: path: problem. Hint.`, in one line: names in a file may hold anything. */
export const showMistake = ({ file, line, column, path, problem, hint }: Mistake): string =>
  printable(
    [
      line === undefined ? file : `${file}:${line}:${column}`,
      ...(path === "" ? [] : [path]),
      hint === undefined ? problem : `${problem}. ${hint}`
    ].join(": ")
  )
