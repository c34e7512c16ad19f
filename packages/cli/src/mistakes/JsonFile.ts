/**
 * A JSON file and where everything in it stands. Comments and commas before a closing bracket are allowed, as in the
 * settings of editors: a policy wants its reasons beside it.
 *
 * `jsonc-parser` (the parser of those editors) goes on after a mistake, so that all of them are found at once.
 */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"
import { readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import type { FoundMistake } from "./find-mistakes.ts"
import { type Mistake, type PathStep, showPath } from "./Mistake.ts"

/** Larger files are no configuration. */
const MAX_LENGTH = 4 * 1024 * 1024

export class JsonFile {
  readonly path: string
  readonly #text: string
  readonly #root: Node | undefined
  readonly value: unknown
  /** What is wrong with it as JSON. */
  readonly mistakes: ReadonlyArray<Mistake>

  constructor(path: string, text: string) {
    this.path = shorten(path)
    this.#text = text
    const errors: Array<ParseError> = []
    this.#root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: false })
    this.value = this.#root && valueOf(this.#root)
    const notJson = errors.map(({ error, offset }) =>
      this.#mistake(offset, [], `this is no JSON: ${wordsOf(printParseErrorCode(error))}`)
    )
    this.mistakes = [
      // What follows a mistake in its line is mostly that mistake.
      ...notJson.filter(({ line }, index) => line !== notJson[index - 1]?.line),
      ...(this.#root === undefined ? [] : this.#twice(this.#root, []))
    ]
  }

  /** Reads a file, or fails with why it cannot be. */
  static read(path: string): JsonFile {
    let text: string
    try {
      text = readFileSync(path, "utf8")
    } catch (cause) {
      const { code = String(cause) } = cause as NodeJS.ErrnoException
      const message =
        code === "ENOENT" ? `There is no file ${shorten(path)}.` : `Cannot read ${shorten(path)}: ${code}.`
      throw new Failure({ exitCode: exitCodes.config, message, code })
    }
    if (text.length > MAX_LENGTH) {
      throw new Failure({
        exitCode: exitCodes.config,
        message: `${shorten(path)} is longer than ${MAX_LENGTH} characters.`
      })
    }
    return new JsonFile(path, text.replace(/^\uFEFF/, ""))
  }

  /** The place of a mistake: of the field's name, of its value, or of the nearest thing around it that is there. */
  locate({ path, problem, hint, isName }: FoundMistake): Mistake {
    const node = this.#nodeAt(path)
    const place = isName === true && node?.parent?.type === "property" ? node.parent : node
    return this.#mistake(place?.offset ?? 0, path, problem, hint)
  }

  #nodeAt(path: ReadonlyArray<PathStep>): Node | undefined {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#root && findNodeAtLocation(this.#root, path.slice(0, length))
      if (node !== undefined) return node
    }
    return this.#root
  }

  #mistake(offset: number, path: ReadonlyArray<PathStep>, problem: string, hint?: string): Mistake {
    const before = this.#text.slice(0, offset).split("\n")
    return {
      file: this.path,
      line: before.length,
      column: before.at(-1)!.length + 1,
      path: showPath(path),
      problem,
      ...(hint !== undefined && { hint })
    }
  }

  /** Fields that there are twice, of which JSON takes the last and a reader perhaps the first. */
  #twice(node: Node, path: ReadonlyArray<PathStep>): ReadonlyArray<Mistake> {
    const children = node.children ?? []
    if (node.type === "array") return children.flatMap((child, index) => this.#twice(child, [...path, index]))
    if (node.type !== "object") return []
    const seen = new Set<string>()
    return children.flatMap((property) => {
      const name = String(property.children?.[0]?.value)
      const value = property.children?.[1]
      const repeated = seen.has(name)
        ? [this.#mistake(property.offset, [...path, name], `\`${name}\` is there twice`, "Take one of them away")]
        : []
      seen.add(name)
      return [...repeated, ...(value === undefined ? [] : this.#twice(value, [...path, name]))]
    })
  }
}

/** As whoever has started this would say it. */
export const shorten = (path: string): string =>
  path.startsWith(join(process.cwd(), "/")) ? relative(process.cwd(), path) : path

/** The value of a node, with no prototype that a name in it could reach. */
const valueOf = (node: Node): unknown => {
  if (node.type === "array") return (node.children ?? []).map(valueOf)
  if (node.type !== "object") return node.value
  return Object.fromEntries(
    (node.children ?? []).map(({ children = [] }) => [
      String(children[0]?.value),
      children[1] === undefined ? null : valueOf(children[1])
    ])
  )
}

/** `CommaExpected` as words. */
const wordsOf = (code: string): string =>
  code.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase()
