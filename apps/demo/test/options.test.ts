import { describe, expect, it } from "vitest"
import { readOptions } from "../src/options.ts"
import { runDemo } from "./run-demo.ts"

describe("the command line", () => {
  it.each([
    [[], "Demo"],
    [["--compare"], "Compare"],
    [["--help"], "Help"],
    [["-h", "--compare"], "Help"]
  ] as const)("%j means %s", (args, tag) => {
    expect(readOptions(args)._tag).toBe(tag)
  })

  it.each([["--nope"], ["--compare=yes"], ["now"]])(
    "%s is a mistake: it is named, and the exit code is 2",
    async (argument) => {
      const { exit, stdout, stderr } = await runDemo([argument])
      expect(exit).toEqual({ _tag: "Exited", code: 2 })
      expect(stderr).toContain(argument.split("=")[0])
      expect(stderr).toContain("Usage:")
      expect(stdout).toBe("")
    }
  )

  it("--help says what there is, and ends with exit code 0", async () => {
    const { exit, stdout } = await runDemo(["--help"])
    expect(exit).toEqual({ _tag: "Exited", code: 0 })
    expect(stdout).toContain("--compare")
  })
})
