import { ProcessError, type SpawnSpec } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"

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

const unchanged: Redact = (text) => text

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** What may be told of a command: without secrets in it. */
export const redactCommand = (redact: Redact, spec: SpawnSpec): SpawnSpec =>
  redact === unchanged ? spec : { ...spec, command: redact(spec.command), args: spec.args.map(redact) }

/** An error without secrets in any field of it. */
export const redactError = <E extends ProcessError>(redact: Redact, error: E): E =>
  redact === unchanged ? error : (decodeError(redactAll(redact, encodeError(error))) as E)

const encodeError = Schema.encodeUnknownSync(ProcessError)
const decodeError = Schema.decodeUnknownSync(ProcessError)

/** Plain data with every text in it redacted, names of fields excepted. */
const redactAll = (redact: Redact, value: unknown): unknown => {
  if (typeof value === "string") return redact(value)
  if (Array.isArray(value)) return value.map((item) => redactAll(redact, item))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactAll(redact, item)]))
}
