import { extname } from "node:path"
import { pathToFileURL } from "node:url"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import { type FoundMistake, findMistakes } from "../mistakes/find-mistakes.ts"
import { JsonFile, shorten } from "../mistakes/JsonFile.ts"
import { type Mistake, showMistake, showPath } from "../mistakes/Mistake.ts"
import { checkReferences } from "./check-references.ts"
import { Config } from "./Config.ts"

/** Where a mistake stands, in the file that it was found in. */
export type Locate = (found: FoundMistake) => Mistake

export interface ReadConfig {
  readonly file: string
  readonly config: Config
  /** For mistakes that only the broker finds. */
  readonly locate: Locate
}

/** Reads a configuration, or fails with everything that is wrong with it. */
export const readConfig = async (file: string): Promise<ReadConfig> => {
  const { value, mistakes, locate } = extname(file) === ".json" ? readJson(file) : await importConfig(file)
  const found = [...mistakes, ...[...findMistakes(Config, value), ...checkReferences(value)].map(locate)]
  if (found.length > 0) throw mistaken(found)
  return { file, config: value as Config, locate }
}

/** A file has mistakes: all of them, in the order in which they stand there. */
export const mistaken = (mistakes: ReadonlyArray<Mistake>): Failure => {
  const files = [...new Set(mistakes.map(({ file }) => file))]
  const inOrder = mistakes.toSorted(
    (one, other) =>
      files.indexOf(one.file) - files.indexOf(other.file) ||
      (one.line ?? 0) - (other.line ?? 0) ||
      (one.column ?? 0) - (other.column ?? 0)
  )
  return new Failure({
    exitCode: exitCodes.config,
    message: inOrder.map(showMistake).join("\n"),
    code: "Mistakes",
    mistakes: inOrder
  })
}

interface Source {
  readonly value: unknown
  readonly mistakes: ReadonlyArray<Mistake>
  readonly locate: Locate
}

const readJson = (path: string): Source => {
  const json = JsonFile.read(path)
  // Of a file with a comma too few the rest can be understood, and its mistakes are told, too.
  if (json.value === undefined) throw mistaken(json.mistakes)
  return { value: json.value, mistakes: json.mistakes, locate: (found) => json.locate(found) }
}

/** A program, whose values have no place in it. It runs, with all that its user may do, as any script that is started. */
const importConfig = async (path: string): Promise<Source> => {
  const locate: Locate = ({ path: place, problem, hint }) => ({
    file: shorten(path),
    path: showPath(place),
    problem,
    hint
  })
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
    if (module.default !== undefined) return { value: module.default, mistakes: [], locate }
  } catch (cause) {
    throw mistaken([locate({ path: [], problem: cause instanceof Error ? cause.message : String(cause) })])
  }
  throw mistaken([locate({ path: [], problem: "it exports nothing", hint: "`export default defineConfig({ … })`" })])
}
