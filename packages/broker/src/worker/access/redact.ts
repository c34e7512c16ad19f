import { ProcessError, type SpawnSpec } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { type Redact, unchanged } from "./make-redact.ts"

export { makeRedact, type Redact, REDACTED } from "./make-redact.ts"

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
