import { assert, describe, it } from "@effect/vitest"
import { spawnDefaults, SpawnSpec } from "@spawnbroker/protocol"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type BrokerOptions, toSpec } from "../src/options.ts"
import { killPayload } from "../src/operations/kill.ts"

const specOf = (options: BrokerOptions): SpawnSpec => Result.getOrThrow(toSpec("true", ["a"], options))
const mistakeIn = (options: object): string => {
  const spec = toSpec("true", [], options as BrokerOptions)
  assert.isTrue(Result.isFailure(spec), `accepted: ${JSON.stringify(options)}`)
  return Result.isFailure(spec) ? spec.failure.argument : ""
}

const every: ReadonlyArray<keyof BrokerOptions> = [
  "cwd",
  "env",
  "stdin",
  "stdout",
  "stderr",
  "timeout",
  "stop",
  "killSignal",
  "forceKillAfter",
  "windowBytes",
  "unread",
  "waitForEof",
  "inheritEnv",
  "endGroupOnFailure"
]

const wrong: ReadonlyArray<readonly [what: string, options: object, argument: string]> = [
  ["an unknown option", { pty: true }, "pty"],
  ["a descriptor that is a standard one", { additionalFds: { 2: "output" } }, "additionalFds[0].fd"],
  ["a descriptor that is no number", { additionalFds: { fd3: "output" } }, "additionalFds[0].fd"],
  ["a descriptor of no direction", { additionalFds: { 3: "both" } }, "additionalFds[0].direction"],
  ["an option with a letter wrong", { timeOut: 1000 }, "timeOut"],
  ["the name of an encoded field", { timeoutMs: 1000 }, "timeoutMs"],
  ["a timeout that is no duration", { timeout: "soon" }, "timeout"],
  ["a timeout that is NaN", { timeout: NaN }, "timeout"],
  ["a timeout that is nothing", { timeout: null }, "timeout"],
  ["a grace that is no duration", { forceKillAfter: "5 parsecs" }, "forceKillAfter"],
  ["a signal that is none", { killSignal: "KILL" }, "killSignal"],
  ["a step beside the short form of one", { stop: [], killSignal: "SIGINT" }, "stop"],
  ["a step beside a grace", { stop: [], forceKillAfter: 0 }, "stop"],
  ["a step that is none", { stop: [{ for: 1 }] }, "stop[0].signal"],
  ["a step that is nothing", { stop: [null] }, "stop[0]"],
  ["a step that is two", { stop: [{ signal: "SIGINT", closeStdin: true, for: 1 }] }, "stop[0].closeStdin"],
  ["a signal of a step that is none", { stop: [{ signal: "INT", for: 1 }] }, "stop[0].signal"],
  ["a step that has no end", { stop: [{ signal: "SIGINT", for: 1 }, { closeStdin: true }] }, "stop[1].for"],
  ["steps in no list", { stop: { signal: "SIGINT", for: 1 } }, "stop"],
  ["more steps than there may be", { stop: Array.from({ length: 11 }, () => ({ signal: "SIGINT", for: 1 })) }, "stop"],
  ["an empty directory", { cwd: "" }, "cwd"],
  ["a NUL in the directory", { cwd: "a\0" }, "cwd"],
  ["a variable that is a number", { env: { A: 1 } }, "env.A"],
  ["a variable that is undefined", { env: { A: undefined } }, "env.A"],
  ["a stream as stdin", { stdin: new ReadableStream() }, "stdin"],
  ["a window of nothing", { windowBytes: 0 }, "windowBytes"]
]

describe("the options of a spawn", () => {
  it("have defaults", () => {
    assert.deepStrictEqual(specOf({}), { ...spawnDefaults, command: "true", args: ["a"] })
  })

  it("count as absent where they are undefined", () => {
    assert.deepStrictEqual(specOf(Object.fromEntries(every.map((name) => [name, undefined]))), specOf({}))
  })

  it("do not change the command or its arguments", () => {
    const options = { command: "false", args: ["b"] } as BrokerOptions
    const spec = toSpec("true", ["a"], options)
    if (Result.isSuccess(spec)) assert.deepStrictEqual([spec.success.command, spec.success.args], ["true", ["a"]])
  })

  it("take durations of every kind", () => {
    for (const timeout of [1500, "1500 millis", Duration.millis(1500), Duration.seconds(1.5)] as const) {
      assert.strictEqual(specOf({ timeout }).timeoutMs, 1500)
      assert.strictEqual(specOf({ forceKillAfter: timeout }).stop[0]?.forMs, 1500)
      assert.strictEqual(specOf({ stop: [{ closeStdin: true, for: timeout }] }).stop[0]?.forMs, 1500)
    }
  })

  it("take a duration longer than a timer as the longest that there is", () => {
    for (const timeout of [Infinity, Duration.infinity, "1000 days"] as const) {
      assert.strictEqual(specOf({ timeout }).timeoutMs, 2_147_483_647)
      assert.strictEqual(specOf({ forceKillAfter: timeout }).stop[0]?.forMs, 2_147_483_647)
    }
  })

  it("are one step in their short form, of which either half may be absent", () => {
    const short = (options: BrokerOptions) => specOf(options).stop
    assert.deepStrictEqual(short({ killSignal: "SIGINT" }), [{ _tag: "Signal", signal: "SIGINT", forMs: 5000 }])
    assert.deepStrictEqual(short({ forceKillAfter: 1 }), [{ _tag: "Signal", signal: "SIGTERM", forMs: 1 }])
    assert.deepStrictEqual(short({ stop: [] }), [])
  })

  it("take no time as no time", () => {
    assert.strictEqual(specOf({ timeout: 0, forceKillAfter: 0 }).timeoutMs, 0)
  })

  for (const [what, options, argument] of wrong) {
    it(`with ${what} are refused, and it is named`, () => {
      assert.strictEqual(mistakeIn(options), argument)
    })
  }

  it("are refused with a wrong command or wrong arguments", () => {
    for (const [command, args] of [
      ["", []],
      ["a\0", []],
      ["a", ["b\0"]],
      [1, []],
      ["a", "b"],
      ["a", [1]],
      ["a", null]
    ]) {
      const spec = toSpec(command as string, args as Array<string>, {})
      assert.isTrue(Result.isFailure(spec), JSON.stringify([command, args]))
    }
  })

  it.prop("say what a specification says, in other words", [SpawnSpec], ([arbitrary]) => {
    // What has another shape among the options has tests of its own.
    const { stop, timeoutMs: time, additionalFds: _, shell: __, ...rest } = arbitrary
    // A duration counts in nanoseconds at most, and has no -0.
    const whole = (millis: number): number => Math.round(millis) + 0
    const spec = {
      ...rest,
      additionalFds: [],
      shell: false,
      stop: stop.map((step) => ({ ...step, forMs: whole(step.forMs) })),
      ...(time !== undefined && { timeoutMs: whole(time) })
    }
    const { args, command, timeoutMs, additionalFds: ___, shell: ____, ...same } = spec
    const options = {
      ...same,
      stop: spec.stop.map((step) =>
        step._tag === "Signal"
          ? { signal: step.signal, for: step.forMs }
          : { closeStdin: true as const, for: step.forMs }
      ),
      ...(timeoutMs !== undefined && { timeout: timeoutMs })
    }
    assert.deepStrictEqual(Result.getOrThrow(toSpec(command, args, options)), spec)
  })

  it("of a spawn never make a specification that the broker would refuse", () => {
    assert.isTrue(Schema.is(SpawnSpec)(specOf({ timeout: "1 second", env: { A: "b" }, cwd: "/", unread: "tail" })))
  })
})

describe("the options of a kill", () => {
  it("are absent where they are undefined", () => {
    for (const options of [undefined, {}, { signal: undefined, forceKillAfter: undefined, tree: undefined }]) {
      assert.deepStrictEqual(killPayload(options), {})
    }
  })

  it("take durations, also endless ones", () => {
    assert.deepStrictEqual(killPayload({ signal: "SIGINT", forceKillAfter: "2 seconds", tree: true }), {
      signal: "SIGINT",
      forceKillAfterMs: 2000,
      tree: true
    })
    assert.strictEqual(killPayload({ forceKillAfter: Duration.infinity }).forceKillAfterMs, 2_147_483_647)
  })

  it("leave what is no duration to be refused, and do not throw", () => {
    assert.isDefined(killPayload({ forceKillAfter: "soon" as never }))
  })
})
