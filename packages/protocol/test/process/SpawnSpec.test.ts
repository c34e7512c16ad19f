import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { strictDecoder } from "../../src/derive/codec.ts"
import { ExitStatus, describeExit, isSuccess } from "../../src/process/ExitStatus.ts"
import { LifecycleEvent } from "../../src/process/Lifecycle.ts"
import { Pid, ProcessId } from "../../src/process/ProcessId.ts"
import { ProcessInfo, ProcessStatus } from "../../src/process/ProcessInfo.ts"
import { describeSignal, Signal, signals } from "../../src/process/Signal.ts"
import { MAX_ARGUMENT_LENGTH, spawnDefaults, SpawnSpec } from "../../src/process/SpawnSpec.ts"

const decode = strictDecoder("spawn", SpawnSpec)
const specOf = (rest: object): unknown => ({ ...spawnDefaults, command: "true", ...rest })
const accepts = (rest: object): boolean => Result.isSuccess(decode(specOf(rest)))

const fits: ReadonlyArray<readonly [what: string, rest: object]> = [
  ["the defaults", {}],
  ["a command of 4096 characters", { command: "x".repeat(4096) }],
  ["an empty argument", { args: [""] }],
  ["an argument of any text", { args: ["\n\r\t\u001b", "--", "-", "@file", "\ud800", "\u2212x"] }],
  ["as many arguments as there may be", { args: Array.from({ length: 65_536 }, () => "") }],
  ["an empty value of a variable", { env: { A: "" } }],
  ["a variable named like a property", { env: { constructor: "x", toString: "y" } }],
  ["the smallest window", { windowBytes: 4096 }],
  ["the largest window", { windowBytes: 64 * 1024 * 1024 }],
  ["the longest timeout", { timeoutMs: 2_147_483_647 }],
  ["no inherited variables", { inheritEnv: false }],
  ["all of them but one", { inheritEnv: { except: ["HOME"] } }],
  ["no time at all", { timeoutMs: 0, stop: [{ _tag: "CloseStdin", forMs: 0 }] }],
  ["no step before SIGKILL", { stop: [] }],
  ["as many steps as there may be", { stop: Array.from({ length: 10 }, () => ({ _tag: "CloseStdin", forMs: 1 })) }]
]

const misfits: ReadonlyArray<readonly [what: string, rest: object, place: string]> = [
  ["an empty command", { command: "" }, "command"],
  ["a long command", { command: "x".repeat(4097) }, "command"],
  ["a NUL in the command", { command: "true\0false" }, "command"],
  ["a NUL in an argument", { args: ["a", "b\0"] }, "args[1]"],
  ["a NUL in the directory", { cwd: "/\0" }, "cwd"],
  ["a NUL in the name of a variable", { env: { "A\0": "" } }, "env"],
  ["a NUL in the value of a variable", { env: { A: "\0" } }, "env.A"],
  ["an = in the name of a variable", { env: { "A=B": "" } }, "env"],
  ["an empty name of a variable", { env: { "": "" } }, "env"],
  ["a value that is a number", { env: { A: 1 } }, "env.A"],
  ["variables in a list", { env: ["A=B"] }, "env"],
  ["inherited variables in a list", { inheritEnv: ["HOME"] }, "inheritEnv"],
  ["an = in the name of one that is not wanted", { inheritEnv: { except: ["A=B"] } }, "inheritEnv"],
  ["an unknown field of it", { inheritEnv: { except: [], only: [] } }, "inheritEnv"],
  ["text for another yes or no", { endGroupOnFailure: "true" }, "endGroupOnFailure"],
  ["an empty directory", { cwd: "" }, "cwd"],
  ["an argument that is a number", { args: [1] }, "args[0]"],
  ["a hole among the arguments", { args: Object.assign(["a"], { length: 2 }) }, "args[1]"],
  ["arguments in one text", { args: "-la" }, "args"],
  ["more arguments than there may be", { args: Array.from({ length: 65_537 }, () => "") }, "args"],
  ["an argument that is too long", { args: ["x".repeat(MAX_ARGUMENT_LENGTH + 1)] }, "args[0]"],
  ["an unknown stdio", { stdin: "overlapped" }, "stdin"],
  ["a descriptor as stdio", { stdout: 1 }, "stdout"],
  ["a window that is too small", { windowBytes: 4095 }, "windowBytes"],
  ["a window that is too large", { windowBytes: 64 * 1024 * 1024 + 1 }, "windowBytes"],
  ["a fraction of a byte", { windowBytes: 5000.5 }, "windowBytes"],
  ["a negative timeout", { timeoutMs: -1 }, "timeoutMs"],
  ["a timeout that no timer can count", { timeoutMs: 2_147_483_648 }, "timeoutMs"],
  ["an endless step", { stop: [{ _tag: "CloseStdin", forMs: Infinity }] }, "stop[0].forMs"],
  ["a signal by its number", { stop: [{ _tag: "Signal", signal: 9, forMs: 1 }] }, "stop[0].signal"],
  ["a signal that is none", { stop: [{ _tag: "Signal", signal: "SIGFOO", forMs: 1 }] }, "stop[0].signal"],
  [
    "more steps than there may be",
    { stop: Array.from({ length: 11 }, () => ({ _tag: "CloseStdin", forMs: 1 })) },
    "stop"
  ],
  ["an unknown choice for unread output", { unread: "drop" }, "unread"],
  ["text for a yes or no", { waitForEof: "true" }, "waitForEof"],
  ["an unknown field", { pty: true }, "pty"],
  ["an identity", { uid: 0 }, "uid"],
  ["an argv[0] of its own", { argv0: "x" }, "argv0"],
  ["a field that is undefined", { cwd: undefined }, "cwd"]
]

describe("SpawnSpec", () => {
  for (const [what, rest] of fits) {
    it(`takes ${what}`, () => {
      assert.isTrue(accepts(rest))
    })
  }

  for (const [what, rest, place] of misfits) {
    it(`refuses ${what}, and says where, and not what`, () => {
      const decoded = decode(specOf(rest))
      assert.isTrue(Result.isFailure(decoded))
      if (!Result.isFailure(decoded)) return
      assert.isTrue(decoded.failure.argument.startsWith(place), decoded.failure.argument)
      assert.isBelow(decoded.failure.message.length, 1000)
    })
  }

  it.prop("a NUL anywhere in a text is refused", [Schema.String, Schema.String], ([before, after]) => {
    const text = `${before}\0${after}`
    assert.isFalse(
      accepts({ command: text }) || accepts({ args: [text] }) || accepts({ cwd: text }) || accepts({ env: { A: text } })
    )
  })

  it("keeps a variable named __proto__ as a variable", () => {
    const decoded = decode(specOf({ env: JSON.parse('{"__proto__":"own"}') }))
    assert.isTrue(Result.isSuccess(decoded))
    const env = Result.isSuccess(decoded) ? (decoded.success.env ?? {}) : {}
    assert.deepStrictEqual(Object.entries(env), [["__proto__", "own"]])
    assert.strictEqual(Object.getPrototypeOf(env), Object.prototype)
  })
})

const roundTrips: ReadonlyArray<readonly [name: string, schema: Schema.Codec<any, any>]> = [
  ["SpawnSpec", SpawnSpec],
  ["LifecycleEvent", LifecycleEvent],
  ["ExitStatus", ExitStatus],
  ["ProcessInfo", ProcessInfo],
  ["ProcessStatus", ProcessStatus]
]

describe("what is told of processes", () => {
  for (const [name, schema] of roundTrips) {
    it.prop(`${name} is the same after it has crossed a thread`, [schema], ([value]) => {
      const back = Schema.decodeUnknownSync(schema)(structuredClone(Schema.encodeSync(schema)(value)))
      assert.deepStrictEqual(back, value)
    })
  }

  it("an exit code is 0 to 255", () => {
    const is = Schema.is(ExitStatus)
    for (const code of [0, 1, 255]) assert.isTrue(is({ _tag: "Exited", code }))
    for (const code of [-1, 256, 0.5, NaN, "0", null]) assert.isFalse(is({ _tag: "Exited", code }))
  })

  it("only exit code 0 is success", () => {
    assert.isTrue(isSuccess({ _tag: "Exited", code: 0 }))
    assert.isFalse(isSuccess({ _tag: "Exited", code: 1 }))
    assert.isFalse(isSuccess({ _tag: "Signaled", signal: "SIGTERM" }))
  })

  it("an end is told in words", () => {
    assert.strictEqual(describeExit({ _tag: "Exited", code: 3 }), "exit code 3")
    assert.include(describeExit({ _tag: "Signaled", signal: "SIGKILL" }), "SIGKILL")
    for (const signal of signals) assert.isTrue(describeSignal(signal).startsWith(signal))
  })

  it("a signal is a name of signal(7), and nothing else", () => {
    const is = Schema.is(Signal)
    for (const signal of signals) assert.isTrue(is(signal))
    for (const signal of [0, 9, -1, "", "0", "9", "KILL", "sigkill", "SIGRTMIN", "SIG", "SIGNULL", "toString"]) {
      assert.isFalse(is(signal), String(signal))
    }
  })

  it("a PID is positive and has 31 bits", () => {
    const is = Schema.is(Pid)
    for (const pid of [1, 0x7fff_ffff]) assert.isTrue(is(pid))
    for (const pid of [0, -1, -0, 0x8000_0000, 1.5, NaN, Infinity, "1"]) assert.isFalse(is(pid), String(pid))
  })

  it("an identifier has one form", () => {
    const is = Schema.is(ProcessId)
    assert.isTrue(is(`p-${"0".repeat(24)}`))
    for (const id of [
      "",
      "p-",
      `p-${"0".repeat(23)}`,
      `p-${"0".repeat(25)}`,
      `p-${"G".repeat(24)}`,
      `p-${"A".repeat(24)}`,
      `p-${"0".repeat(24)}\n`
    ]) {
      assert.isFalse(is(id), id)
    }
  })
})
