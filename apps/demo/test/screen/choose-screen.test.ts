import { describe, expect, it } from "vitest"
import { canDraw } from "../../src/screen/choose-screen.ts"

const terminal = { isTTY: true, columns: 80, rows: 24 }

const draws = (out: object, env: NodeJS.ProcessEnv): boolean => canDraw(out as NodeJS.WriteStream, env)

describe("the live picture", () => {
  it("is drawn in a terminal", () => {
    expect(draws(terminal, { TERM: "xterm-256color", NO_COLOR: "", CI: "" })).toBe(true)
  })

  it.each([
    ["without a terminal", { isTTY: false }, {}],
    ["with NO_COLOR", terminal, { NO_COLOR: "1" }],
    ["with CI", terminal, { CI: "true" }],
    ["in a dumb terminal", terminal, { TERM: "dumb" }],
    ["in a window without room for a table", { ...terminal, rows: 8 }, {}]
  ])("gives way to plain lines %s", (_where, out, env) => {
    expect(draws(out, env)).toBe(false)
  })
})
