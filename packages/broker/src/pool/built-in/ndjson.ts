import type { MakeBuiltIn } from "../BuiltInTransform.ts"
import { InputError } from "../failure-of.ts"
import { linesOf, RecordSplitter } from "../RecordSplitter.ts"

interface Options {
  readonly pick?: ReadonlyArray<string>
  readonly where?: Readonly<Record<string, unknown>>
  readonly malformed?: "fail" | "skip"
}

/** Text is decoded in pieces of so many bytes: longer strings, and their lists of lines, are V8's large objects. */
const PIECE_BYTES = 64 * 1024

/** JSON, a value a line: those that fit, with the fields that are asked for. Every line is parsed, whatever is asked. */
export const ndjson: MakeBuiltIn = (emit, { pick, where, malformed = "fail" }: Options) => {
  const splitter = new RecordSplitter()
  const conditions = where === undefined ? undefined : Object.entries(where)
  let count = 0
  const show = (line: string): string => {
    count++
    if (line.trim() === "") return ""
    const value = parse(line, count, malformed)
    if (value === skipped || (conditions !== undefined && !fits(value, conditions))) return ""
    return `${pick === undefined ? line.trim() : JSON.stringify(picked(value, pick))}\n`
  }
  const pass = (whole: Buffer): void => {
    for (const piece of piecesOf(whole)) {
      const text = linesOf(piece.toString()).map(show).join("")
      if (text !== "") emit(Uint8Array.from(Buffer.from(text)))
    }
  }
  return { step: (bytes) => pass(splitter.push(bytes)), end: () => pass(splitter.end()) }
}

const skipped = Symbol("skipped")

const parse = (line: string, number: number, malformed: "fail" | "skip"): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    if (malformed === "skip") return skipped
    throw new InputError(`line ${number} is not JSON; \`malformed: "skip"\` passes over such lines`)
  }
}

/** A field is the value's own: `constructor` is one only where the process has written it. */
const has = (value: unknown, name: string): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)

const fits = (value: unknown, conditions: ReadonlyArray<readonly [string, unknown]>): boolean =>
  conditions.every(([name, expected]) => has(value, name) && value[name] === expected)

const picked = (value: unknown, names: ReadonlyArray<string>): object =>
  Object.fromEntries(names.flatMap((name) => (has(value, name) ? [[name, value[name]]] : [])))

/** Cut after ends of lines. */
const piecesOf = function* (whole: Buffer): Generator<Buffer> {
  for (let at = 0; at < whole.byteLength;) {
    const end = whole.indexOf("\n", Math.min(at + PIECE_BYTES, whole.byteLength - 1)) + 1
    const to = end === 0 ? whole.byteLength : end
    yield whole.subarray(at, to)
    at = to
  }
}
