import { readdirSync, readFileSync } from "node:fs"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect, node, spawnFixture, spawnScript, stdoutText } from "../harness.ts"
import { MARK } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const argumentLists: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["none", []],
  ["empty ones", ["", "", "x", ""]],
  ["white space", [" ", "a b", "\t", "line\nend", "\r"]],
  [
    "quotes and metacharacters",
    ["'", '"', "\\", "\\\\", "$HOME", "`id`", "$(id)", "*", "?", "~", "!", ";", "|", "&", "#"]
  ],
  ["options", ["-", "--", "-x", "--long=value"]],
  ["text beyond ASCII", ["é", "€", "😀", "e\u0301", "\u202e", "\ufeff"]],
  ["control characters", ["\x01\x02\x1b[31m\x7f"]],
  ["one of 100 kB", ["x".repeat(100_000)]],
  ["a thousand", Array.from({ length: 1000 }, (_, index) => String(index))]
]

/** What whoever started this test run lets everybody inherit. */
const inheritable = (): ReadonlyArray<string> =>
  readdirSync("/proc/self/fdinfo").filter((fd) => Number(fd) > 2 && isInheritable(fd))

const isInheritable = (fd: string): boolean => {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1]
    return (Number.parseInt(flags ?? "0", 8) & O_CLOEXEC) === 0
  } catch {
    // The descriptor of the listing itself.
    return false
  }
}

/** See open(2). */
const O_CLOEXEC = 0o2000000

export const inheritance = (it: SuiteIt): void => {
  it.effect.each(argumentLists)("arguments arrive byte for byte: %s", ([, args]) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const process = yield* spawnFixture(client, "print-arguments.js", args)
      const seen = JSON.parse(yield* stdoutText(process)) as ReadonlyArray<string>
      assert.deepStrictEqual(
        seen,
        args.map((arg) => Buffer.from(arg).toString("hex"))
      )
    })
  )

  it.effect("the environment is what the policy builds, and nothing else", () =>
    Effect.gen(function* () {
      const values = { PATH: "/usr/bin:/bin", FIXED: "by policy", EMPTY: "", ODD: "a=b\nc d'\"$é" }
      const client = yield* connect({ env: { values, set: ["CHOSEN", "FIXED"] } })
      const { stdout } = yield* client.run("env", ["-0"], { env: { CHOSEN: "by client", FIXED: "by client" } })
      const seen = Object.fromEntries(
        stdout
          .split("\0")
          .slice(0, -1)
          .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])
      )
      delete seen[MARK]
      // Of every child: by it descendants are known that have left their groups.
      assert.match(seen.SPAWNBROKER_ID!, /^[0-9a-f]{16}(\.\d+)*$/)
      delete seen.SPAWNBROKER_ID
      assert.deepStrictEqual(seen, { ...values, CHOSEN: "by client" })
    })
  )

  it.effect("the environment of a client without any is PATH alone, and the mark of the broker", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stdout } = yield* client.run("env")
      assert.deepStrictEqual(
        stdout
          .trim()
          .split("\n")
          .map((pair) => pair.slice(0, pair.indexOf("=")))
          .toSorted(),
        [MARK, "PATH", "SPAWNBROKER_ID"].toSorted()
      )
    })
  )

  it.effect("the working directory is the one that was asked for", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      assert.strictEqual((yield* client.run("pwd", [], { cwd: "/usr" })).stdout, "/usr\n")
      assert.strictEqual((yield* client.run("pwd")).stdout, `${process.cwd()}\n`)
    })
  )

  it.effect("a program sees the name by which it was called", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stdout } = yield* client.run("sh", ["-c", "tr '\\0' '\\n' </proc/$$/cmdline | head -n 1"])
      assert.strictEqual(stdout, "sh\n")
    })
  )

  it.effect("no descriptor of the broker is open in a child", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const list = "require('node:fs').readdirSync('/proc/' + process.ppid + '/fd').join(' ')"
      // A shell is looked at from outside: what a runtime opens for itself does not count.
      const child = yield* spawnScript(client, `"${node}" -p "${list}"; :`)
      const open = (yield* stdoutText(child)).trim().split(" ")
      assert.deepStrictEqual(
        open.filter((fd) => !inheritable().includes(fd)),
        ["0", "1", "2"]
      )
    })
  )

  it.effect("no signal is blocked or ignored in a child", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stdout } = yield* client.run("cat", ["/proc/self/status"])
      const masks = Object.fromEntries(stdout.split("\n").map((line) => line.split(":\t") as [string, string]))
      assert.strictEqual(BigInt(`0x${masks.SigBlk}`), 0n)
      assert.strictEqual(BigInt(`0x${masks.SigIgn}`), 0n)
    })
  )

  it.effect("stdin, stdout and stderr of a child are three different things", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stdout } = yield* client.run("readlink", ["/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"], {
        stdin: ""
      })
      const [first, second, third] = stdout.trim().split("\n")
      assert.strictEqual(new Set([first, second, third]).size, 3)
    })
  )

  it.effect.each(["stdin", "stdout", "stderr"] as const)(
    "the host's own %s is refused without a grant, by the rule that would give it",
    (stream) =>
      Effect.gen(function* () {
        const client = yield* connect()
        const error = yield* Effect.flip(Effect.scoped(client.spawn("true", [], { [stream]: "inherit" })))
        assert.deepInclude(error, { _tag: "PermissionDenied", code: 4001, rule: "stdio.inherit" })
        assert.include(error.message, "stdio.inherit")
        assert.include(error.message, stream)
      })
  )

  it.effect("the host's own streams are given where the policy says so", () =>
    Effect.gen(function* () {
      const client = yield* connect({ stdio: { inherit: true } })
      const child = yield* client.spawn("readlink", ["/proc/self/fd/2"], { stderr: "inherit" })
      const seen = yield* stdoutText(child)
      const { stdout: own } = yield* client.run("readlink", [`/proc/${process.pid}/fd/2`])
      assert.strictEqual(seen, own)
    })
  )
}
