/** Longest text that is shown of one message. */
const MAX_LENGTH = 2000

/** Control characters of both kinds, line and paragraph separators, and what turns the direction of writing. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * A message that is safe on a terminal and is one line of a log, whatever a client has put into it.
 *
 * A command may hold escape sequences that move the cursor, or a line that looks like one of ours.
 */
export const printable = (text: string): string => {
  const shown = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
  return escapeUnprintable(shown)
}

/** The same without a limit. */
export const escapeUnprintable = (text: string): string =>
  text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
