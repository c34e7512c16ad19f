import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { readFileSync } from "node:fs"
import { configSchema } from "../../scripts/generate-config-schema.ts"
import { Config } from "../../src/config/Config.ts"
import { findMistakes } from "../../src/mistakes/find-mistakes.ts"
import { JsonFile } from "../../src/mistakes/JsonFile.ts"

const published = JSON.parse(readFileSync(new URL("../../spawnbroker.schema.json", import.meta.url), "utf8"))
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(published)
const example = JsonFile.read(new URL("../../../../examples/project/spawnbroker.config.json", import.meta.url).pathname)

describe("the JSON Schema of a configuration", () => {
  it("is what the Schema says (`pnpm --filter @spawnbroker/cli generate:config-schema` writes it)", () => {
    assert.deepStrictEqual(published, JSON.parse(JSON.stringify(configSchema())))
  })

  it("and the Schema take the example", () => {
    assert.isTrue(validate(example.value), JSON.stringify(validate.errors))
    assert.deepStrictEqual(findMistakes(Config, example.value), [])
  })

  it.each([
    [{ daemons: { web: {} } }],
    [{ daemons: { web: { command: "node", args: "x" } } }],
    [{ daemons: { web: { command: "node", restart: { policy: "sometimes" } } } }],
    [{ demons: {} }],
    [{ tokens: { t: { policy: "p" } } }],
    [{ secrets: { s: { value: "x" } } }],
    [{ policies: { p: { observe: "others" } } }]
  ])("and the Schema refuse %j", (config) => {
    assert.isFalse(validate(config))
    assert.isNotEmpty(findMistakes(Config, config))
  })
})
