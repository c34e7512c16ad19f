import type { ErrorTag } from "./codes.ts"
import { escapeUnprintable } from "./printable.ts"

/** By this name Node, and others that follow it, ask a value how it wants to be shown. See `util.inspect` in Node. */
const custom = Symbol.for("nodejs.util.inspect.custom")

/** Longest text and list that is shown of one field. The error itself has the whole. */
const limits = { maxStringLength: 500, maxArrayLength: 20 }

interface Shown {
  readonly _tag: ErrorTag
  readonly code: number
  readonly message: string
}

interface Options {
  readonly depth?: number | null
}

/**
 * Lets the errors of a class be shown by `console.log` as what they are: `NotFound (4002): the message`, and the fields.
 *
 * Effect shows an error of Schema as its fields alone, without the message.
 */
export const showWhenPrinted = (prototype: object): void => {
  Object.defineProperty(prototype, custom, { value: show, configurable: true, writable: true })
}

function show(
  this: Shown,
  depth: number,
  options: Options,
  inspect?: (value: unknown, options: object) => string
): string {
  const { _tag, code, ...fields } = this
  const heading = `${_tag} (${code}): ${this.message}`
  if (inspect === undefined || depth < 0 || Object.keys(fields).length === 0) return heading
  const inner = { ...options, ...limits, depth: typeof options.depth === "number" ? options.depth - 1 : null }
  return `${heading} ${inspect(printableWithin(fields), inner)}`
}

/** `inspect` escapes most of what a terminal obeys, and not what turns the direction of writing. */
const printableWithin = (value: unknown): unknown => {
  if (typeof value === "string") return escapeUnprintable(value)
  if (Array.isArray(value)) return value.map(printableWithin)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, printableWithin(field)]))
}
