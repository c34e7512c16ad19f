import { assert, describe, it } from "@effect/vitest"
import { CTRL_C, daemon, Place, Terminal, threeDaemons } from "./harness.ts"

const withTerminal = async (files: Readonly<Record<string, unknown>>, use: (terminal: Terminal) => Promise<void>) => {
  const place = new Place(files)
  const terminal = new Terminal(place, ["up"])
  try {
    await use(terminal)
  } finally {
    terminal.kill()
    await terminal.exit
    place.remove()
  }
}

/** What a terminal shows in the end, as far as the table needs one. It knows three sequences, and no others may come. */
const screenOf = (output: string): ReadonlyArray<string> => {
  const lines = [""]
  let row = 0
  // oxlint-disable no-control-regex
  for (const [, up, clear, color, other, text] of output.matchAll(
    /\u001b\[(\d+)A|(\u001b\[J)|(\u001b\[[0-9;]*m)|(\u001b|[\u0000-\u0009\u000b\u000c\u000e-\u001a])|([^\u001b])/g
  )) {
    if (color !== undefined) continue
    assert.isUndefined(other, `a sequence that it does not know: ${JSON.stringify(output)}`)
    if (up !== undefined) row -= Number(up)
    else if (clear !== undefined) lines.splice(row, Infinity, "")
    else if (text === "\n") lines[++row] ??= ""
    else if (text === "\r") lines[row] = lines[row] === undefined ? "" : lines[row]!
    else lines[row] += text!
  }
  return lines
}

describe("a project in a terminal", () => {
  it("is a table below what the daemons say, and Ctrl-C stops them in reverse order", () =>
    withTerminal(threeDaemons, async (terminal) => {
      await terminal.waitFor(/web +\S*healthy/)
      terminal.write(CTRL_C)
      assert.strictEqual((await terminal.exit).exitCode, 0)
      const ends = [...terminal.output.matchAll(/39m(\w+) ends/g)].map(([, name]) => name)
      assert.deepStrictEqual(ends, ["web", "api", "store"])
      const screen = screenOf(terminal.output.replaceAll("^C", ""))
      const said = screen.filter((line) => line.includes(" | "))
      assert.include(said, "web         | web is ready")
      // One table is left of all that were drawn: the last, behind everything.
      const titles = screen.flatMap((line, index) => (line.startsWith("NAME ") ? [index] : []))
      assert.lengthOf(titles, 1)
      assert.deepStrictEqual(
        screen.slice(titles[0]! + 1, titles[0]! + 4).map((line) => line.split(/ +/).slice(0, 3)),
        [
          ["web", "stopped", "-"],
          ["api", "stopped", "-"],
          ["store", "stopped", "-"]
        ]
      )
      assert.isTrue(said.every((line) => screen.indexOf(line) < titles[0]!))
    }))

  it("with a daemon that takes no notice is ended by a second Ctrl-C", () =>
    withTerminal(
      {
        ...threeDaemons,
        "spawnbroker.config.json": {
          daemons: { deaf: daemon("deaf", { stop: [{ signal: "SIGTERM", for: "1 hour" }] }, "stubborn.mjs") }
        }
      },
      async (terminal) => {
        await terminal.waitFor(/deaf +\S*healthy/)
        terminal.write(CTRL_C)
        await terminal.waitFor(/deaf does not listen/)
        terminal.write(CTRL_C)
        assert.strictEqual((await terminal.exit).exitCode, 0)
      }
    ))

  it("is no wider than the terminal, however that changes", () =>
    withTerminal(
      {
        "spawnbroker.config.json": {
          daemons: { ["long-".repeat(12)]: { command: "false", restart: { policy: "never" } } }
        }
      },
      async (terminal) => {
        await terminal.waitFor(/failed/)
        const before = terminal.output.length
        terminal.resize(50, 20)
        await terminal.waitFor(/a second one…|Ctrl-C stops/, before)
        // oxlint-disable-next-line no-control-regex
        const lines = terminal.output
          .slice(before)
          .replaceAll(/\u001b\[[0-9;]*[mAJ]/g, "")
          .split(/\r?\n/)
        assert.isTrue(lines.every((line) => line.length <= 50))
      }
    ))

  it("cannot be written to by what a daemon says", () =>
    withTerminal(
      {
        "evil.mjs":
          'console.log("is ready \\u001b[2J\\u001b]0;title\\u0007\\u001b[31mred"); setInterval(() => {}, 1000)',
        "spawnbroker.config.json": { daemons: { evil: daemon("evil", {}, "evil.mjs") } }
      },
      async (terminal) => {
        await terminal.waitFor(/is ready .*red/)
        await terminal.waitFor(/evil +\S*healthy/)
        assert.notInclude(terminal.output, "\u001b[2J")
        assert.notInclude(terminal.output, "\u001b]0")
        assert.include(terminal.output, "\u001b[31mred\u001b[0m")
        terminal.write(CTRL_C)
        await terminal.exit
      }
    ))
})
