/** Bytes without the host's secrets. `isCut`: there were bytes before them. */
export type RedactBytes = (bytes: Uint8Array, isCut: boolean) => Uint8Array

/** Shorter parts of a secret tell nothing of it. */
const MIN_PART_LENGTH = 4

/** `redact`: of a text, in which each byte is a character. `secrets`: those that it takes out, as the same. */
export const makeRedactBytes = (
  redact: (text: string) => string,
  secrets: ReadonlyArray<string>,
  mask: string
): RedactBytes => {
  if (secrets.length === 0) return (bytes) => bytes
  return (bytes, isCut) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
    const part = isCut ? endOfSecretAt(text, secrets) : 0
    return Buffer.from(part > 0 ? mask + redact(text.slice(part)) : redact(text), "latin1")
  }
}

/** How much of a text is the end of a secret whose beginning has been cut off. */
const endOfSecretAt = (text: string, secrets: ReadonlyArray<string>): number => {
  let longest = 0
  for (const secret of secrets) {
    for (let from = 1; secret.length - from >= Math.max(MIN_PART_LENGTH, longest + 1); from++) {
      if (text.startsWith(secret.slice(from))) longest = secret.length - from
    }
  }
  return longest
}
