/** Shorter values are not looked for: they would be found everywhere, and nobody can keep them secret. */
export const MIN_REDACTED_LENGTH = 4

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]"

export type Redact = (text: string) => string

/** Replaces each secret of the host wherever it occurs in a text. Where one secret contains another, the longer one goes. */
export const makeRedact = (secrets: Readonly<Record<string, string>>): Redact => {
  const values = Object.values(secrets).filter((value) => value.length >= MIN_REDACTED_LENGTH)
  if (values.length === 0) return unchanged
  const longestFirst = [...new Set(values)].toSorted((one, other) => other.length - one.length)
  const anyOfThem = new RegExp(longestFirst.map(literally).join("|"), "g")
  return (text) => text.replace(anyOfThem, REDACTED)
}

/** Where there are no secrets. */
export const unchanged: Redact = (text) => text

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
