import { assert, describe, it } from "@effect/vitest"
import { PermissionDenied, spawnDefaults } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { makeRedact, redactCommand, redactError, REDACTED } from "../../../src/worker/access/redact.ts"

const Value = Schema.String.check(Schema.isMinLength(4))

describe("redaction", () => {
  it.prop(
    "leaves nothing of a secret, wherever it is",
    [Value, Schema.String, Schema.String],
    ([secret, before, after]) => {
      if (REDACTED.includes(secret)) return
      const text = makeRedact({ secret })(before + secret + after)
      assert.notInclude(text.replaceAll(REDACTED, ""), secret)
      assert.include(text, REDACTED)
    }
  )

  it.prop("changes nothing where there is no secret", [Schema.String], ([text]) => {
    assert.strictEqual(makeRedact({})(text), text)
    assert.strictEqual(makeRedact({ short: "abc", empty: "" })(text), text)
  })

  it("takes the longer of two secrets of which one is in the other", () => {
    assert.strictEqual(makeRedact({ one: "hunter", two: "hunter2" })("-phunter2 hunter"), `-p${REDACTED} ${REDACTED}`)
  })

  it("takes a secret literally", () => {
    assert.strictEqual(makeRedact({ secret: "a.c*[x]" })("abc a.c*[x]"), `abc ${REDACTED}`)
  })

  it("reaches the command line, and every field of an error, and leaves the error what it is", () => {
    const redact = makeRedact({ secret: "hunter2" })
    const spec = redactCommand(redact, { ...spawnDefaults, command: "hunter2", args: ["-p", "-phunter2"] })
    assert.deepStrictEqual([spec.command, spec.args], [REDACTED, ["-p", `-p${REDACTED}`]])
    const error = new PermissionDenied({ subject: "s", rule: "commands", what: "curl hunter2", hint: "h", stage: 1 })
    const redacted = redactError(redact, error)
    assert.instanceOf(redacted, PermissionDenied)
    assert.deepInclude(redacted, { what: `curl ${REDACTED}`, subject: "s", stage: 1 })
    assert.notInclude(redacted.message, "hunter2")
  })
})
