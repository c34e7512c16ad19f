/**
 * A line as the words that a shell would make of it, but for everything that a shell would do besides: quotes and backslashes
 * join, and nothing else means anything. Nothing, where a quote is not closed.
 */
export const splitWords = (line: string): ReadonlyArray<string> | undefined => {
  const words: Array<string> = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!
    if (letter === "'" || letter === '"') {
      const end = endOfQuote(line, at)
      if (end < 0) return undefined
      const quoted = line.slice(at + 1, end)
      word = (word ?? "") + (letter === "'" ? quoted : quoted.replaceAll(/\\(["\\])/g, "$1"))
      at = end
    } else if (letter === "\\" && at + 1 < line.length) word = (word ?? "") + line[++at]!
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? "") + letter
  }
  return word === undefined ? words : [...words, word]
}

const endOfQuote = (line: string, start: number): number => {
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === "\\" && line[start] === '"') at++
    else if (line[at] === line[start]) return at
  }
  return -1
}

/** The line that is split into these words again. */
export const joinWords = (words: ReadonlyArray<string>): string =>
  words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ")
