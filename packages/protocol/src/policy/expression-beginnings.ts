/**
 * How the texts that an expression matches begin, without running it: each as far as it is certain, and whether that is
 * all of it.
 */
export interface Beginning {
  readonly text: string
  /** Nothing follows. */
  readonly isWhole: boolean
}

/** More are not told apart; then nothing is certain. */
const MAX_BEGINNINGS = 64
const unknown: ReadonlyArray<Beginning> = [{ text: "", isWhole: false }]

/** `--(?:short|long=.*)` has `--short`, whole, and `--long=`. */
export const expressionBeginnings = (source: string): ReadonlyArray<Beginning> => {
  const alternatives = splitAlternatives(source)
  const found = alternatives.flatMap(beginningsOfSequence)
  return found.length > MAX_BEGINNINGS ? unknown : found
}

const beginningsOfSequence = (sequence: string): ReadonlyArray<Beginning> => {
  const open = (text: string): ReadonlyArray<Beginning> => [{ text, isWhole: false }]
  let text = ""
  for (let at = 0; at < sequence.length;) {
    const character = sequence[at]!
    const end = character === "(" ? groupEnd(sequence, at) : at + (character === "\\" ? 2 : 1)
    if (end === undefined || /^[*?{]/.test(sequence.slice(end))) return open(text)
    // Once at least, and what follows is not certain.
    const isRepeated = sequence[end] === "+"
    if (character === "(") {
      const body = /^\((?:\?:|\?P?<\w+>)?(?!\?)(?<inner>[^]*)\)$/.exec(sequence.slice(at, end))?.groups?.["inner"]
      if (body === undefined) return open(text)
      const inner = expressionBeginnings(body)
      const after = isRepeated ? unknown : beginningsOfSequence(sequence.slice(end))
      return join([{ text, isWhole: true }], join(inner, after))
    }
    const literal = literalAt(sequence.slice(at, end))
    if (literal === undefined) return open(text)
    text += literal
    if (isRepeated) return open(text)
    at = end
  }
  return [{ text, isWhole: true }]
}

const literalAt = (piece: string): string | undefined => {
  if (piece.length === 2) return /^\\[^\w]$/.test(piece) ? piece[1] : undefined
  return /^[^.[\]{}()*+?|^$\\]$/.test(piece) ? piece : undefined
}

const join = (first: ReadonlyArray<Beginning>, second: ReadonlyArray<Beginning>): ReadonlyArray<Beginning> => {
  if (first.length * second.length > MAX_BEGINNINGS) return first.map(({ text }) => ({ text, isWhole: false }))
  return first.flatMap((one) =>
    one.isWhole ? second.map(({ text, isWhole }) => ({ text: one.text + text, isWhole })) : [one]
  )
}

/** Where the group that begins at `from` ends, or nothing if there is a class or a quotation in it, which may hold brackets. */
const groupEnd = (source: string, from: number): number | undefined => {
  let depth = 0
  for (let at = from; at < source.length; at++) {
    if (source[at] === "\\") at++
    else if (source[at] === "[") return undefined
    else if (source[at] === "(") depth++
    else if (source[at] === ")" && --depth === 0) return at + 1
  }
  return undefined
}

/** At the bars that are in no group. Where there is a class before one, it is not certain, and nothing is split. */
const splitAlternatives = (source: string): ReadonlyArray<string> => {
  if (!source.includes("|")) return [source]
  const parts: Array<string> = []
  let depth = 0
  let from = 0
  for (let at = 0; at < source.length; at++) {
    const character = source[at]
    if (character === "\\") {
      if (source[at + 1] === "Q") return [".*"]
      at++
    } else if (character === "[") {
      const end = source.indexOf("]", source[at + 1] === "^" ? at + 3 : at + 2)
      if (end < 0 || source.slice(at, end).includes("\\") || source.startsWith("[[", at)) return [".*"]
      at = end
    } else if (character === "(") depth++
    else if (character === ")") depth--
    else if (character === "|" && depth === 0) {
      parts.push(source.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, source.slice(from)]
}
