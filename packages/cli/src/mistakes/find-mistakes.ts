/**
 * All that is wrong with a value, by its schema: each mistake once, at the deepest place that explains it.
 *
 * Of a union it is that member's mistakes that count whose fields are most like those that are there. A field that there is
 * not, beside one that is missing and has nearly its name, is one mistake.
 *
 * No value is shown: it may be a secret.
 */
import { nearestNames } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import type { PathStep } from "./Mistake.ts"

export interface FoundMistake {
  readonly path: ReadonlyArray<PathStep>
  readonly problem: string
  readonly hint?: string | undefined
  /** It is about a field's name, not about its value. */
  readonly isName?: boolean
}

interface Found extends FoundMistake {
  readonly kind: "missing" | "unexpected" | "value"
}

/** What is found, or nothing. */
export const findMistakes = (schema: Schema.Codec<any, any>, value: unknown): ReadonlyArray<FoundMistake> => {
  const decoded = Schema.decodeUnknownResult(schema, { onExcessProperty: "error", errors: "all" })(value)
  if (Result.isSuccess(decoded)) return []
  return withoutTwins(collect(decoded.failure.issue, [], value))
}

const collect = (issue: SchemaIssue.Issue, path: ReadonlyArray<PathStep>, value: unknown): ReadonlyArray<Found> => {
  switch (issue._tag) {
    case "Pointer": {
      const steps = issue.path.map((step) => (typeof step === "number" ? step : String(step)))
      return collect(issue.issue, [...path, ...steps], steps.reduce(at, value))
    }
    case "Composite":
      return issue.issues.flatMap((part) => collect(part, path, value))
    case "Encoding":
      return collect(issue.issue, path, value)
    case "AnyOf":
      return ofUnion(issue, path, value)
    case "UnexpectedKey":
      return [unexpected(issue, path)]
    case "MissingKey":
      return [{ kind: "missing", path, problem: `\`${String(path.at(-1))}\` is missing` }]
    case "Filter":
    case "InvalidType":
    case "InvalidValue":
    case "Forbidden":
    case "OneOf":
      break
  }
  return [{ kind: "value", path, problem: messageOf(issue) }]
}

const at = (value: unknown, step: PathStep): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PathStep, unknown>)[step] : undefined

const format = SchemaIssue.makeFormatterStandardSchemaV1()
/** The words of the schema, with a small letter, since they come after a place. */
const messageOf = (issue: SchemaIssue.Issue): string => {
  const message = format(issue).issues[0]?.message ?? "Unexpected value"
  // Our own checks say only what is expected.
  if (issue._tag === "Filter" && !message.startsWith("Expected")) return `expected ${message}`
  return message.charAt(0).toLowerCase() + message.slice(1)
}

const unexpected = (issue: SchemaIssue.UnexpectedKey, path: ReadonlyArray<PathStep>): Found => {
  const names = SchemaAST.isObjects(issue.ast) ? issue.ast.propertySignatures.map(({ name }) => String(name)) : []
  const name = String(path.at(-1))
  return { kind: "unexpected", path, problem: `there is no field \`${name}\``, hint: meant(name, names), isName: true }
}

/** More names than this are no help. */
const MAX_LISTED = 16

/** What was most likely meant; or what there is. */
export const meant = (typed: unknown, names: ReadonlyArray<string>): string | undefined => {
  const [nearest] = typeof typed === "string" ? nearestNames(typed, names) : []
  if (nearest !== undefined) return `Did you mean \`${nearest}\`?`
  return names.length === 0 || names.length > MAX_LISTED ? undefined : `There are ${names.join(", ")}`
}

const ofUnion = (issue: SchemaIssue.AnyOf, path: ReadonlyArray<PathStep>, value: unknown): ReadonlyArray<Found> => {
  const words = literalsOf(issue.ast)
  if (words.length > 0 && (typeof value === "string" || words.length === issue.ast.types.length)) {
    const hint = meant(value, words)
    const listed = words.length > MAX_LISTED ? "one of the known words" : words.map((word) => `"${word}"`).join(", ")
    return [{ kind: "value", path, problem: `expected ${listed}`, hint: hint?.startsWith("Did") ? hint : undefined }]
  }
  const members = issue.issues.map((member) => withoutTwins(collect(member, path, value)))
  const [nearest] = members.toSorted((one, other) => strangeness(one, path) - strangeness(other, path))
  if (nearest === undefined) return [{ kind: "value", path, problem: messageOf(issue) }]
  return nearest.some((mistake) => mistake.path.length > path.length)
    ? nearest
    : [{ kind: "value", path, problem: messageOf(issue) }]
}

const literalsOf = (union: SchemaAST.Union): ReadonlyArray<string> =>
  union.types.flatMap((type) => (SchemaAST.isLiteral(type) && typeof type.literal === "string" ? [type.literal] : []))

/** How much a value is unlike a member: names that do not fit weigh more than what is deeper. */
const strangeness = (mistakes: ReadonlyArray<Found>, path: ReadonlyArray<PathStep>): number =>
  mistakes.reduce((sum, { kind, path: place }) => {
    if (place.length <= path.length) return sum + 1000
    return sum + (kind !== "value" && place.length === path.length + 1 ? 100 : 1)
  }, 0)

/** Without the fields that are missing because their name is misspelled, and without what is said twice. */
const withoutTwins = (found: ReadonlyArray<Found>): ReadonlyArray<Found> => {
  const seen = new Set<string>()
  return found.filter((mistake) => {
    const key = JSON.stringify([mistake.path, mistake.problem])
    if (seen.has(key)) return false
    seen.add(key)
    return !(mistake.kind === "missing" && found.some((other) => isMisspelled(mistake, other)))
  })
}

const isMisspelled = (missing: Found, other: Found): boolean =>
  other.kind === "unexpected" &&
  other.path.length === missing.path.length &&
  missing.path.slice(0, -1).every((step, index) => step === other.path[index]) &&
  other.hint === `Did you mean \`${String(missing.path.at(-1))}\`?`
