/** Writes `spawnbroker.schema.json`: the JSON Schema of a project's configuration, by which an editor completes and checks it. */
import * as Schema from "effect/Schema"
import { writeFileSync } from "node:fs"
import { Config } from "../src/config/Config.ts"

/** The file, as it should be. */
export const configSchema = (): Record<string, unknown> => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(Config, {
    onExcessProperty: "error",
    generateDescriptions: false
  })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A project of Spawnbroker",
    ...schema,
    ...(Object.keys(definitions).length > 0 && { $defs: definitions })
  }
}

if (import.meta.main) {
  writeFileSync(new URL("../spawnbroker.schema.json", import.meta.url), `${JSON.stringify(configSchema(), null, 2)}\n`)
}
