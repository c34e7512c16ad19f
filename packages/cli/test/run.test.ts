import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CTRL_C, CTRL_Z, Place, Terminal, waitForLine, withCli } from "./harness.ts"

const policy = {
  subject: "test",
  commands: [
    { command: "sh", args: [["-c", { match: "(?s).*", options: true }]] },
    { command: "cat" },
    { command: "git", args: [["status"]] },
    { command: "not-there" }
  ]
}
const files = { "policy.json": policy }
const sh = (script: string): ReadonlyArray<string> => ["run", "--policy", "policy.json", "--", "sh", "-c", script]

describe("a command that is run", () => {
  it("has the streams of this one, and its exit code is that of this one", () =>
    withCli(files, (cli) =>
      Effect.gen(function* () {
        const { stdout, stderr, exit } = yield* cli.run(sh("cat; echo no >&2; exit 7"), { stdin: "yes" })
        assert.deepStrictEqual(
          { stdout, stderr, exit },
          { stdout: "yes", stderr: "no\n", exit: { _tag: "Exited", code: 7 } }
        )
      })
    ))

  it.each([
    ["SIGTERM", { _tag: "Signaled", signal: "SIGTERM" }],
    ["SIGINT", { _tag: "Signaled", signal: "SIGINT" }],
    ["SIGKILL", { _tag: "Signaled", signal: "SIGKILL" }],
    ["SIGSEGV", { _tag: "Exited", code: 139 }],
    ["SIGPIPE", { _tag: "Exited", code: 141 }]
  ] as const)("and is ended by %s ends this one as a shell would say it", (signal, expected) =>
    withCli(files, (cli) =>
      Effect.gen(function* () {
        const { exit } = yield* cli.run(sh(`kill -${signal.slice(3)} $$`))
        assert.deepStrictEqual(exit, expected)
      })
    )
  )

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("gets %s, and decides what that means", (signal) =>
    withCli(files, (cli) =>
      Effect.gen(function* () {
        const script = `trap 'echo caught; exit 3' ${signal.slice(3)}; echo ready; while :; do sleep 0.01; done`
        const child = yield* cli.spawn(sh(script))
        yield* waitForLine(child, /^ready$/)
        yield* child.kill({ signal })
        yield* waitForLine(child, /^caught$/)
        assert.deepStrictEqual(yield* child.exit, { _tag: "Exited", code: 3 })
      }).pipe(Effect.scoped)
    )
  )

  it.each([
    ["that the policy does not allow", ["git", "push"], 126, /rule `commands\[2\]\.args`/],
    ["that there is not", ["not-there"], 127, /No such command: not-there/]
  ] as const)("%s is refused", (_what, command, code, words) =>
    withCli(files, (cli) =>
      Effect.gen(function* () {
        const { exit, stderr } = yield* cli.run(["run", "-p", "policy.json", "--", ...command])
        assert.deepStrictEqual(exit, { _tag: "Exited", code })
        assert.match(stderr, words)
      })
    )
  )

  it("with a policy that has mistakes is not run", () =>
    withCli({ "policy.json": '{ "subject": "x",\n "comands": [] }' }, (cli) =>
      Effect.gen(function* () {
        const { exit, stderr } = yield* cli.run(["run", "-p", "policy.json", "--", "true"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 125 })
        assert.strictEqual(stderr, "policy.json:2:2: comands: there is no field `comands`. Did you mean `commands`?\n")
      })
    ))

  it("is a mistake of the command line where there is none", () =>
    withCli(files, (cli) =>
      Effect.gen(function* () {
        const { exit, stderr } = yield* cli.run(["run", "-p", "policy.json"])
        assert.deepStrictEqual(exit, { _tag: "Exited", code: 2 })
        assert.include(stderr, "command")
      })
    ))
})

describe("a command that is run in a terminal", () => {
  it("has that terminal, and is told of its size", async () => {
    const place = new Place(files)
    try {
      const terminal = new Terminal(
        place,
        sh(
          "test -t 0 && test -t 1 && stty size; trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.01; done"
        )
      )
      await terminal.waitFor(/ready/)
      assert.include(terminal.output, "30 100")
      terminal.resize(90, 20)
      await terminal.waitFor(/20 90/)
      assert.strictEqual((await terminal.exit).exitCode, 0)
    } finally {
      place.remove()
    }
  })

  it("is interrupted by Ctrl-C, once, and goes on if it wants to", async () => {
    const place = new Place(files)
    try {
      const terminal = new Terminal(
        place,
        sh(
          "n=0; trap 'n=$((n+1)); echo caught $n; [ $n -lt 2 ] || exit 4' INT; echo ready; while :; do sleep 0.01; done"
        )
      )
      await terminal.waitFor(/ready/)
      terminal.write(CTRL_C)
      await terminal.waitFor(/caught 1/)
      terminal.write(CTRL_C)
      await terminal.waitFor(/caught 2/)
      assert.strictEqual((await terminal.exit).exitCode, 4)
      assert.notInclude(terminal.output, "caught 3")
    } finally {
      place.remove()
    }
  })

  it("that takes no notice of Ctrl-C dies of it, and so does this one", async () => {
    const place = new Place(files)
    try {
      const terminal = new Terminal(place, sh("echo ready; exec sleep 1000"))
      await terminal.waitFor(/ready/)
      terminal.write(CTRL_C)
      assert.strictEqual((await terminal.exit).signal, 2)
    } finally {
      place.remove()
    }
  })

  it("reads what is typed", async () => {
    const place = new Place(files)
    try {
      const terminal = new Terminal(place, sh("echo ready; read line; echo got $line"))
      await terminal.waitFor(/ready/)
      terminal.write("some words\r")
      await terminal.waitFor(/got some words/)
      assert.strictEqual((await terminal.exit).exitCode, 0)
    } finally {
      place.remove()
    }
  })

  it("is stopped with this one by Ctrl-Z, and goes on with it", async () => {
    const program = `process.on("SIGCONT", () => console.log("goes on")); setInterval(() => {}, 1000); console.log("ready", process.pid, "!")`
    const place = new Place({
      "program.mjs": program,
      "policy.json": { subject: "test", commands: [{ command: "node", args: [["program.mjs"]] }] }
    })
    try {
      const terminal = new Terminal(place, ["run", "-p", "policy.json", "--", "node", "program.mjs"])
      const after = await terminal.waitFor(/ready \d+ !/)
      const pid = Number(/ready (\d+)/.exec(terminal.output)![1])
      terminal.write(CTRL_Z)
      await terminal.waitForState(pid, "T")
      await terminal.waitForState(terminal.pid, "T")
      process.kill(terminal.pid, "SIGCONT")
      await terminal.waitFor(/goes on/, after)
      terminal.write(CTRL_C)
      assert.strictEqual((await terminal.exit).signal, 2)
    } finally {
      place.remove()
    }
  })
})
