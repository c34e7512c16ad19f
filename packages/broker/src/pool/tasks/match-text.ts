/** Whoever asks for matches. */
export interface MatchText {
  /** A regular expression of JavaScript, and its flags. */
  readonly pattern: string
  readonly flags: string
  readonly text: string
  /** Matches that are wanted at most. */
  readonly limit: number
}

export interface TextMatch {
  readonly index: number
  readonly text: string
}

/** Finds what a native expression matches. It may take for ever, so it is only ever run under a limit. */
export default ({ pattern, flags, text, limit }: MatchText): ReadonlyArray<TextMatch> => {
  const expression = new RegExp(pattern, flags.includes("g") ? flags : `${flags}g`)
  const found: Array<TextMatch> = []
  for (const match of text.matchAll(expression)) {
    if (found.length === limit) break
    found.push({ index: match.index, text: match[0] })
  }
  return found
}
