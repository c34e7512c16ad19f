/**
 * Writes `policy.schema.json`: the JSON Schema of `Policy`, by which an editor completes and checks a policy in a file.
 *
 * The rules come from the Schema, the words from the docstrings of its fields, so that an editor of JSON shows what an
 * editor of TypeScript shows.
 */
import * as Schema from "effect/Schema"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { Policy } from "../src/policy/Policy.ts"

type Json = { [key: string]: any }

const folder = new URL("../src/policy/", import.meta.url)

/** A struct of the source: its docstring, and those of its fields. */
interface Documented {
  readonly text: string | undefined
  readonly fields: ReadonlyMap<string, string>
}

const struct =
  /(?:\/\*\*(?<text>(?:(?!\*\/)[^])*)\*\/\n)?(?:export )?const \w+ = Schema\.Struct\(\{\n(?<body>[^]*?)\n\}\)/g
const field = /\/\*\*(?<text>(?:(?!\*\/)[^])*)\*\/\s+(?<name>[\w$]+):/g

const sentence = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim())
    .join(" ")
    .trim()

const structs: ReadonlyArray<Documented> = readdirSync(folder)
  .flatMap((name) => [...readFileSync(new URL(name, folder), "utf8").matchAll(struct)])
  .map(({ groups }) => ({
    text: groups!["text"] === undefined ? undefined : sentence(groups!["text"]),
    fields: new Map(
      [...groups!["body"]!.matchAll(field)].map(({ groups: found }) => [found!["name"]!, sentence(found!["text"]!)])
    )
  }))

/** A struct is known by the names of its fields. */
const documentedBy = (names: ReadonlyArray<string>): Documented => {
  const found = structs.filter(({ fields }) => fields.size === names.length && names.every((name) => fields.has(name)))
  if (found.length !== 1) throw new Error(`${found.length} documented structs have the fields ${names.join(", ")}`)
  return found[0]!
}

const describe = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(describe)
  if (typeof node !== "object" || node === null) return node
  const { properties, ...rest } = node as Json
  const described = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, describe(value)]))
  if (properties === undefined) return described
  const { text, fields } = documentedBy(Object.keys(properties))
  return {
    ...(text !== undefined && { description: text }),
    ...described,
    properties: Object.fromEntries(
      Object.entries(properties as Json).map(([name, value]) => [
        name,
        { ...(describe(value) as Json), description: fields.get(name) }
      ])
    )
  }
}

/** The file, as it should be. */
export const policySchema = (): Json => {
  const { schema } = Schema.toJsonSchemaDocument(Policy, { onExcessProperty: "error", generateDescriptions: false })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A policy of Spawnbroker",
    ...(describe(schema) as Json)
  }
}

if (import.meta.main) {
  writeFileSync(new URL("../policy.schema.json", import.meta.url), `${JSON.stringify(policySchema(), null, 2)}\n`)
}
