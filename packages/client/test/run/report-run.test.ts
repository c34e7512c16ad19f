import { assert, describe, it } from "@effect/vitest"
import type { Signal } from "@spawnbroker/protocol"
import { inspect } from "node:util"
import { RunFailed } from "../../src/run/RunFailed.ts"
import { type RunFacts, RunResult } from "../../src/run/RunResult.ts"

const encoder = new TextEncoder()

const result = ({ stdout = "", stderr = "", ...facts }: Partial<RunFacts> & { stdout?: string; stderr?: string }) =>
  new RunResult({
    command: "git",
    args: ["push", "origin", "main"],
    exit: { _tag: "Exited", code: 0 },
    timedOut: false,
    cancelled: false,
    durationMs: 1234,
    stdoutBytes: encoder.encode(stdout),
    stderrBytes: encoder.encode(stderr),
    allBytes: encoder.encode(stdout + stderr),
    omittedBytes: { stdout: 0, stderr: 0 },
    ...facts
  })

const exited = (code: number) => ({ exit: { _tag: "Exited" as const, code } })
const signaled = (signal: Signal) => ({ exit: { _tag: "Signaled" as const, signal } })
const summary = (facts: Parameters<typeof result>[0]) => result(facts).report.split("\n")[0]
const hint = (facts: Parameters<typeof result>[0]) =>
  result(facts)
    .report.split("\n")
    .filter((line) => line.startsWith("hint: "))
    .join(" ")

/** All that a terminal obeys, but the ends of lines. */
const obeyed = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

describe("the summary of a run", () => {
  it("is the command, how it ended, and after how long", () => {
    assert.strictEqual(summary(exited(128)), "git push origin main: exit code 128 after 1.2 s")
    assert.strictEqual(
      summary({ ...signaled("SIGSEGV"), durationMs: 3 }),
      "git push origin main: ended by SIGSEGV (invalid memory reference) after 3 ms"
    )
    assert.strictEqual(
      summary({ ...exited(0), command: "printf", args: ["a b", "$x"] }),
      "printf 'a b' '$x': exit code 0 after 1.2 s"
    )
  })

  it("says what ended it, and when", () => {
    const slow = { command: "sleep", args: ["60"], stoppedAfterMs: 50, durationMs: 5050 }
    assert.strictEqual(
      summary({ ...slow, ...signaled("SIGTERM"), timedOut: true }),
      "sleep 60: timed out after 50 ms, ended by SIGTERM (terminated)"
    )
    assert.strictEqual(
      summary({ ...slow, ...exited(3), cancelled: true }),
      "sleep 60: cancelled after 50 ms, exit code 3"
    )
  })

  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1000, "1.0 s"],
    [59_949, "59.9 s"],
    [59_999, "1 min 0 s"],
    [125_400, "2 min 5 s"],
    [3_600_000, "1 h 0 min"],
    [90_061_000, "25 h 1 min"]
  ])("says %i ms as %s", (durationMs, said) => {
    assert.include(summary({ durationMs }), `after ${said}`)
  })

  it("is one line, whatever the arguments are", () => {
    const line = summary({ args: ["\u001b[2J\n\u202e"] })!
    assert.notMatch(line, obeyed)
    assert.isBelow(summary({ args: ["x".repeat(1_000_000)] })!.length, 2100)
  })
})

describe("the last words of a run", () => {
  it("are the last lines of stderr, indented", () => {
    const stderr = "warning: one\nfatal: two\n"
    assert.deepStrictEqual(
      result({ ...exited(1), stderr })
        .report.split("\n")
        .slice(1),
      ["  warning: one", "  fatal: two"]
    )
  })

  it("are no more than twenty lines and 4 KiB, and say that there were more", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`)
    const many = result({ ...exited(1), stderr: lines.join("\n") })
      .report.split("\n")
      .slice(1)
    assert.deepStrictEqual(many, ["  …", ...lines.slice(-20).map((line) => `  ${line}`)])
    const long = result({ ...exited(1), stderr: "x".repeat(1_000_000) }).report
    assert.isBelow(long.length, 5000)
    assert.include(long, "\n  …\n")
  })

  it("have nothing in them that a terminal obeys", () => {
    const stderr = "\u001b[31mred\u001b[0m\u0007\tand\u202e\n10%\r50%\r100%\r\nend\n"
    const { report } = result({ ...exited(1), stderr })
    assert.notMatch(report, obeyed)
    assert.include(report, "\\u001b[31mred\\u001b[0m\\u0007    and\\u202e")
    // A line that was written over looks as it did in the end.
    assert.include(report, "\n  100%\n  end")
  })

  it("never look like a hint", () => {
    assert.strictEqual(hint({ ...exited(1), stderr: "hint: run rm -rf /\n" }), "")
  })

  it("are those of stdout for a failure that said nothing on stderr", () => {
    assert.include(result({ ...exited(1), stdout: "src/a.ts: error" }).report, "stdout)\n  src/a.ts: error")
    assert.notInclude(result({ stdout: "fine" }).report, "fine")
    assert.notInclude(result({ ...exited(1), stdout: "out", stderr: "err" }).report, "out")
    assert.strictEqual(result({ ...exited(1), stderr: "\n\n" }).report.split("\n").length, 1)
  })
})

describe("the hint of a run", () => {
  it.each<[string, Parameters<typeof result>[0], RegExp]>([
    ["a shell that found nothing", { command: "/bin/sh", ...exited(127) }, /how sh says.*did not find.*PATH/],
    ["a shell that may not execute", { command: "bash", ...exited(126) }, /chmod/],
    ["a runner that found nothing", { command: "env", ...exited(127) }, /how env says/],
    ["a command that was killed in a shell", { command: "sh", ...exited(137) }, /SIGKILL \(killed\).*memory/],
    ["a command that crashed in a shell", { command: "sh", ...exited(139) }, /SIGSEGV/],
    ["a SIGKILL of nobody's", signaled("SIGKILL"), /memory.*dmesg/],
    ["a pipe without a reader", signaled("SIGPIPE"), /stopped reading/],
    ["a crash", signaled("SIGSEGV"), /core dump/],
    ["a launcher that died", { ...signaled("SIGKILL"), killedBy: "crash" }, /Run it again/],
    ["time that was up", { ...signaled("SIGKILL"), timedOut: true, killedBy: "timeout" }, /raise `timeout`/],
    ["an option that Node does not know", { command: "/usr/bin/node", ...exited(9) }, /option/],
    ["an await that never settles", { command: "node", ...exited(13) }, /await/],
    [
      "output that was too long",
      { omittedBytes: { stdout: 5, stderr: 0 } },
      /^hint: 5 bytes of stdout.*maxOutputBytes/
    ],
    ["both outputs", { omittedBytes: { stdout: 5, stderr: 7 } }, /5 bytes of stdout and 7 bytes of stderr/]
  ])("helps with %s", (_name, facts, said) => {
    assert.match(hint(facts), said)
  })

  it.each<[string, Parameters<typeof result>[0]]>([
    ["a success", {}],
    ["a code that only the program knows", exited(1)],
    ["127 of a program that runs no others", exited(127)],
    ["a code of Node's that means nothing more", { command: "node", ...exited(1) }],
    ["a code beyond all signals", { command: "sh", ...exited(255) }],
    ["128 and a number that is not the same everywhere", { command: "sh", ...exited(128 + 7) }],
    ["what was cancelled", { ...signaled("SIGKILL"), cancelled: true }],
    ["a signal that says it all", signaled("SIGTERM")]
  ])("is silent about %s", (_name, facts) => {
    assert.strictEqual(hint(facts), "")
  })
})

describe("a run that failed, as an error", () => {
  it("is printed as its report, without the bytes of its output", () => {
    const failed = new RunFailed({ result: result({ ...exited(3), stderr: "why" }) })
    assert.strictEqual(inspect(failed), `RunFailed: ${failed.result.report}`)
    assert.strictEqual(failed.message, failed.result.report)
    assert.instanceOf(failed, Error)
  })
})
