/**
 * How large the program of a regular expression would be, without making it: to make one of a million instructions takes
 * minutes, in which the broker would do nothing else.
 *
 * The answer is never less than what RE2 makes, by a few instructions, and mostly near to it. See "RE2: Regular Expression
 * Matching in the Wild", 2010, on counted repetitions: `x{n}` is n times `x`.
 */
export interface ExpressionSize {
  readonly instructions: number
  /** `\p{…}`: each is hundreds of ranges to compile, and one instruction. */
  readonly unicodeClasses: number
}

/** A group that is being read: the size of what has been read of it, and of the last thing that can be repeated. */
interface Group {
  size: number
  last: number
}

const repetition = /\{(\d+)(?:,(\d*))?\}/y
const characterClass = /\[\^?\]?(?:\[:[^\]]*?:\]|\\[^]|[^\]\\])*\]/y
const escape = /\\(?:Q(?<quoted>[^]*?)(?:\\E|$)|(?<unicode>[pP])(?:\{[^}]*\}|[^])|x\{[^}]*\}|[^])/y

export const expressionSize = (source: string): ExpressionSize => {
  const outer: Array<Group> = []
  let group: Group = { size: 0, last: 0 }
  let unicodeClasses = 0
  const add = (size: number): void => {
    group.size += size
    group.last = size
  }
  const repeat = (times: number): void => {
    const size = (group.last + 1) * times + 1
    group.size += size - group.last
    group.last = size
  }
  for (let at = 0; at < source.length;) {
    const character = source[at]!
    const found = matchAt(character === "\\" ? escape : character === "[" ? characterClass : repetition, source, at)
    if (found !== undefined) {
      if (character === "{") repeat(Math.max(1, Number(found[2] || Number(found[1]) + 1)))
      else for (let count = found.groups?.["quoted"]?.length ?? 1; count > 0; count--) add(1)
      unicodeClasses += unicodeIn(found[0])
      at += found[0].length
      continue
    }
    at++
    if (character === "(") {
      outer.push(group)
      group = { size: 0, last: 0 }
    } else if (character === ")" && outer.length > 0) {
      const { size } = group
      group = outer.pop()!
      add(size + 2)
    } else if (character === "*" || character === "+" || character === "?") repeat(1)
    else add(1)
  }
  return { instructions: outer.reduce((sum, { size }) => sum + size, group.size), unicodeClasses }
}

const matchAt = (pattern: RegExp, source: string, at: number): RegExpExecArray | undefined => {
  pattern.lastIndex = at
  return pattern.exec(source) ?? undefined
}

const unicodeIn = (text: string): number => text.match(/\\[pP]/g)?.length ?? 0
