import { assert, describe, it } from "@effect/vitest"
import { choosePaint, colored, harmless, plain } from "../../src/screen/paint.ts"

describe("a line of somebody else's", () => {
  it.each([
    ["moves the cursor", "a\u001b[2Jb", "a[2Jb"],
    ["changes the title", "\u001b]0;title\u0007x", "]0;titlex"],
    ["goes back to its beginning", "good\rbad", "goodbad"],
    ["has control characters of eight bits", "\u009b2Jx", "2Jx"],
    ["turns the direction of writing", "a\u202eb", "ab"],
    ["has a tab", "a\tb", "a\tb"]
  ])("that %s is harmless", (_what, line, shown) => {
    assert.strictEqual(harmless(line, plain), shown)
    assert.strictEqual(harmless(line, colored).replaceAll("\u001b[0m", ""), shown)
  })

  it("keeps its colours where there are any, and they end with it", () => {
    assert.strictEqual(harmless("\u001b[31mred", colored), "\u001b[31mred\u001b[0m")
    assert.strictEqual(harmless("\u001b[31mred", plain), "red")
  })
})

describe("colours", () => {
  it.each([
    [{ isTTY: true }, {}, colored],
    [{ isTTY: true }, { NO_COLOR: "1", FORCE_COLOR: "1" }, plain],
    [{ isTTY: true }, { TERM: "dumb" }, plain],
    [{}, {}, plain],
    [{}, { FORCE_COLOR: "1" }, colored],
    [{ isTTY: true }, { FORCE_COLOR: "0" }, plain]
  ])("%j with %j", (out, env, paint) => {
    assert.strictEqual(choosePaint(out, env), paint)
  })
})
