import { assert } from "@effect/vitest"
import type { BrokerOptions } from "@spawnbroker/broker"
import { type PipelineHandle, type ProcessError, PipelineResult, RunFailed, type Stage } from "@spawnbroker/client"
import { createHash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { countingDigest } from "../fixtures/counting-bytes.js"
import { connect, eventually, fixture, node, temporaryDirectory, type TestClient, testPolicy } from "../harness.ts"
import { launcher, openFiles } from "../leaks.ts"
import type { SuiteIt } from "./SuiteIt.ts"

const MB = 1024 * 1024
const succeeded = { _tag: "Exited", code: 0 } as const

const sh = (script: string, rest: Omit<Stage, "command" | "args"> = {}): Stage => ({
  command: "sh",
  args: ["-c", script],
  ...rest
})
const counting = (bytes: number): Stage => ({ command: node, args: [fixture("write-counting.js"), `${bytes}`] })
const relay = (from = 0, to = 1, rest: Omit<Stage, "command" | "args"> = {}): Stage => ({
  command: node,
  args: [fixture("relay-unevenly.js"), `${from}`, `${to}`],
  ...rest
})

/** SHA-256 of all that the last stage puts out. */
const digestOf = (pipeline: PipelineHandle): Effect.Effect<string, ProcessError> =>
  Effect.map(
    Stream.runFold(
      pipeline.stdout,
      () => createHash("sha256"),
      (hash, chunk) => hash.update(chunk)
    ),
    (hash) => hash.digest("hex")
  )

/** Nothing of it runs, and nothing of it is thought to run. */
const assertNothingRuns = (client: TestClient) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* client.living, [])
    const states = (yield* client.list()).map(({ state }) => state)
    assert.notIncludeMembers(states, ["starting", "running"])
  })

export const pipelines = (it: SuiteIt, spawner: BrokerOptions["spawner"]): void => {
  it.effect("carry every byte, in order, whatever the sizes in which it is written and read", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 8 * MB
      const pipeline = yield* client.pipeline([counting(total), relay(), { command: "cat" }, relay()])
      assert.strictEqual(yield* digestOf(pipeline), countingDigest(total))
      assert.deepStrictEqual(yield* pipeline.exits, [succeeded, succeeded, succeeded, succeeded])
      assert.deepStrictEqual(yield* pipeline.exit, succeeded)
    })
  )

  it.effect("take what is written to the first stage, and give what the last one says", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const pipeline = yield* client.pipeline([{ command: "cat" }, { command: "cat" }, sh("cat; echo done >&2")])
      assert.strictEqual(yield* pipeline.write("one\n"), 4)
      assert.strictEqual(yield* pipeline.readLine, "one\n")
      yield* Stream.run(Stream.make("two\n", "three\n"), pipeline.stdin)
      assert.deepStrictEqual(yield* Stream.runCollect(pipeline.stdoutLines), ["two", "three"])
      assert.deepStrictEqual(yield* Stream.runCollect(pipeline.stderrLines), ["done"])
    })
  )

  it.effect("end as in a shell when a stage leaves early: SIGPIPE for the one before it, every time", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      for (let round = 0; round < 10; round++) {
        const pipeline = yield* client.pipeline([{ command: "yes" }, { command: "head", args: ["-n", "1"] }])
        assert.deepStrictEqual(yield* Stream.runCollect(pipeline.stdoutLines), ["y"])
        assert.deepStrictEqual(yield* Stream.runCollect(pipeline.stages[0]!.stderrLines), [])
        assert.deepStrictEqual(yield* pipeline.exits, [{ _tag: "Signaled", signal: "SIGPIPE" }, succeeded])
        assert.deepStrictEqual(yield* pipeline.exit, { _tag: "Signaled", signal: "SIGPIPE" })
      }
    })
  )

  const outputs = "for i in 1 2 3; do echo out$i; echo err$i >&2; done"
  it.effect("carry stdout, stderr, or both in the order in which they are written", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const ends = Effect.fn(function* (from: Stage["from"]) {
        const { stdout, stages } = yield* client.runPipeline([sh(outputs, { from }), { command: "cat" }])
        return [stdout, stages[0]!.stdout, stages[0]!.stderr]
      })
      const [out, err] = ["out1\nout2\nout3\n", "err1\nerr2\nerr3\n"]
      assert.deepStrictEqual(yield* ends("stdout"), [out, "", err])
      assert.deepStrictEqual(yield* ends("stderr"), [err, out, ""])
      assert.deepStrictEqual(yield* ends("all"), ["out1\nerr1\nout2\nerr2\nout3\nerr3\n", "", ""])
    })
  )

  it.effect("carry any descriptor to any other, and each waits in the kernel", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const total = 2 * MB
      const pipeline = yield* client.pipeline([
        counting(total),
        relay(0, 3, { from: "fd3" }),
        relay(5, 4, { to: "fd5", from: "fd4" }),
        relay(3, 1, { to: "fd3" })
      ])
      assert.strictEqual(yield* digestOf(pipeline), countingDigest(total))
      assert.deepStrictEqual(yield* pipeline.exits, [succeeded, succeeded, succeeded, succeeded])
    })
  )

  it.effect("let a stage open its streams again by their names", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stdout, failed } = yield* client.runPipeline([sh("echo x > /dev/stdout"), sh("cat /dev/stdin")])
      assert.deepStrictEqual({ stdout, failed }, { stdout: "x\n", failed: false })
    })
  )

  it.effect("report the failure of any stage, with what it said", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stages = [
        { command: "printf", args: ["a\\nb\\n"] },
        sh("head -n 1; echo broken >&2; exit 3"),
        { command: "cat" }
      ]
      const result = yield* client.runPipeline(stages)
      assert.instanceOf(result, PipelineResult)
      assert.strictEqual(result.stdout, "a\n")
      assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 3 })
      assert.isTrue(result.failed)
      assert.deepStrictEqual(
        result.stages.map(({ command, exit, stderr }) => ({ command, exit, stderr })),
        [
          { command: "printf", exit: succeeded, stderr: "" },
          { command: "sh", exit: { _tag: "Exited", code: 3 }, stderr: "broken\n" },
          { command: "cat", exit: succeeded, stderr: "" }
        ]
      )
      assert.include(result.report, "exit code 3")
      assert.include(result.report, "broken")
      assert.instanceOf(yield* Effect.flip(client.runPipeline(stages, { check: true })), RunFailed)
    })
  )

  it.effect("are run with an input, up to a time, and to a limit of output", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const both = [{ command: "cat" }, { command: "cat" }]
      assert.strictEqual((yield* client.runPipeline(both, { stdin: "text" })).stdout, "text")
      const cut = yield* client.runPipeline([{ command: "seq", args: ["1000"] }, { command: "cat" }], {
        maxOutputBytes: 4
      })
      assert.deepStrictEqual({ stdout: cut.stdout, truncated: cut.truncated }, { stdout: "1\n2\n", truncated: true })
      const late = yield* client.runPipeline([{ command: "sleep", args: ["1000"] }, { command: "cat" }], {
        timeout: "100 millis"
      })
      assert.deepStrictEqual([late.timedOut, late.exits[0]], [true, { _tag: "Signaled", signal: "SIGTERM" }])
      yield* assertNothingRuns(client)
    })
  )

  it.effect("start nothing if one stage is not allowed, or not there", () =>
    Effect.gen(function* () {
      const client = yield* connect({ commands: [...testPolicy.commands!, { command: "nowhere", args: true }] })
      const first = [{ command: "cat" }, { command: "cat" }]
      const denied = yield* Effect.flip(client.pipeline([...first, { command: "id" }]))
      assert(denied._tag === "PermissionDenied")
      assert.deepStrictEqual([denied.stage, denied.rule], [2, "commands"])
      assert.match(denied.message, /^Stage 3 of the pipeline: /)
      const missing = yield* Effect.flip(client.pipeline([...first, { command: "nowhere" }, { command: "cat" }]))
      assert(missing._tag === "NotFound")
      assert.deepStrictEqual([missing.stage, missing.path], [2, "nowhere"])
      assert.deepStrictEqual(yield* client.list(), [])
      assert.deepStrictEqual(yield* client.living, [])
    })
  )

  it.effect("leave nothing if the system cannot start one stage, and say which", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const script = join(directory, "script")
      writeFileSync(script, "#!/nowhere/interpreter\n", { mode: 0o755 })
      const client = yield* connect({ commands: [...testPolicy.commands!, { command: script, args: true }] })
      for (const place of [0, 1, 2]) {
        const stages: Array<Stage> = [{ command: "sleep", args: ["1000"] }, { command: "cat" }, { command: "cat" }]
        stages[place] = { command: script }
        const error = yield* Effect.flip(client.pipeline(stages))
        assert(error._tag === "SpawnFailed")
        assert.deepStrictEqual([error.stage, error.errno], [place, "ENOENT"])
        yield* assertNothingRuns(client)
      }
    })
  )

  it.effect("go on after the death of a stage as pipes do: an end for its reader, SIGPIPE for its writer", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const pipeline = yield* client.pipeline([{ command: "yes" }, { command: "cat" }, { command: "wc", args: ["-c"] }])
      yield* pipeline.stages[1]!.kill({ signal: "SIGKILL" })
      assert.deepStrictEqual(yield* pipeline.exits, [
        { _tag: "Signaled", signal: "SIGPIPE" },
        { _tag: "Signaled", signal: "SIGKILL" },
        succeeded
      ])
    })
  )

  it.effect("are ended as a whole by kill", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const pipeline = yield* client.pipeline([{ command: "sleep", args: ["1000"] }, sh("sleep 1000 & sleep 1000")])
      yield* pipeline.kill({ signal: "SIGKILL" })
      const killed = { _tag: "Signaled", signal: "SIGKILL" } as const
      assert.deepStrictEqual(yield* pipeline.exits, [killed, killed])
      // Before that, there is somebody in the groups to signal.
      yield* eventually("nobody is left", client.living, (left) => left.length === 0)
      assert.strictEqual((yield* Effect.flip(pipeline.kill()))._tag, "AlreadyExited")
    })
  )

  it.effect("end with their scope, all groups of them", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const scope = yield* Scope.make()
      const pipeline = yield* Scope.provide(
        client.pipeline([sh("sleep 1000 & wait"), sh("cat & sleep 1000"), sh("cat >/dev/null")]),
        scope
      )
      yield* eventually("grandchildren run", client.living, (living) => living.length >= 6)
      const exits = yield* Effect.forkChild(pipeline.exits, { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      yield* assertNothingRuns(client)
      assert.strictEqual((yield* Fiber.join(exits)).length, 3)
    })
  )

  it.effect("leave nothing when they are interrupted at any turn of their start", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stages = [{ command: "sleep", args: ["1000"] }, { command: "cat" }, { command: "cat" }]
      for (let count = 0; count < 40; count++) {
        const fiber = yield* Effect.forkChild(client.runPipeline(stages), { startImmediately: true })
        yield* Effect.promise(async () => {
          for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
        })
        yield* Fiber.interrupt(fiber)
        yield* assertNothingRuns(client)
      }
    })
  )

  it.effect("start and end by the dozen at once", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const stages = [{ command: "seq", args: ["100"] }, { command: "cat" }, { command: "wc", args: ["-l"] }]
      const results = yield* Effect.forEach(Array.from({ length: 40 }), () => client.runPipeline(stages), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([...new Set(results.map(({ stdout }) => stdout.trim()))], ["100"])
    })
  )

  it.effect("leave no descriptor open, here or in the launcher, however they end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const directory = yield* temporaryDirectory
      const script = join(directory, "script")
      writeFileSync(script, "#!/nowhere/interpreter\n", { mode: 0o755 })
      const broken = yield* connect({ commands: [...testPolicy.commands!, { command: script, args: true }] })
      const useAll = Effect.all(
        [
          client.runPipeline([{ command: "yes" }, { command: "head", args: ["-n", "1"] }]),
          client.runPipeline([sh("echo x; echo y >&2", { from: "all" }), relay(3, 1, { to: "fd3" })]),
          Effect.flip(Effect.scoped(broken.pipeline([{ command: "cat" }, { command: "cat" }, { command: script }]))),
          Effect.scoped(client.pipeline([{ command: "cat" }, { command: "cat" }]))
        ],
        { discard: true }
      )
      const files = Effect.sync(() => {
        const child = spawner === "launcher" ? launcher() : undefined
        return JSON.stringify([openFiles(), child === undefined ? {} : openFiles(child.pid)])
      })
      yield* useAll
      let before = ""
      yield* eventually("it is at rest", files, (now) => now === before || ((before = now), false))
      // Pipes are made seven at a time: after a multiple of that as many are left over as before.
      for (let round = 0; round < 14; round++) yield* useAll
      yield* eventually("everything is back", files, (now) => now === before)
    })
  )

  it.effect("say what is wrong with them before anything runs", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const cat: Stage = { command: "cat" }
      const wrong: ReadonlyArray<readonly [stages: ReadonlyArray<unknown>, argument: string]> = [
        [[cat], "stages"],
        [Array.from({ length: 33 }, () => cat), "stages"],
        [[cat, null], "stages[1]"],
        [[cat, { ...cat, into: "fd3" }], "stages[1].into"],
        [[{ ...cat, to: "fd3" }, cat], "stages[0].to"],
        [[cat, { ...cat, from: "stderr" }], "stages[1].from"],
        [[{ ...cat, from: "fd2" }, cat], "stages[0].from"],
        [[{ ...cat, from: "fd64" }, cat], "stages[0].from"],
        [[cat, { ...cat, to: "stdout" }], "stages[1].to"],
        [[{ ...cat, options: { stdout: "ignore" } }, cat], "stages[0].options.stdout"],
        [[cat, { ...cat, options: { stdin: "inherit" } }], "stages[1].options.stdin"],
        [
          [cat, { ...cat, to: "fd3", options: { additionalFds: { 3: "input" } } }],
          "stages[1].options.additionalFds[3]"
        ],
        [[cat, { ...cat, to: "fd3", from: "fd3" }, cat], "stages[1]"],
        [[{ ...cat, options: { idleTimeout: 10 } }, cat], "stages[0].options.idleTimeout"],
        [[cat, { ...cat, to: "fd3", options: { ipc: true } }], "stages[1].options.ipc"],
        [[cat, { ...cat, options: { windowBytes: 1 } }], "stages[1].windowBytes"]
      ]
      for (const [stages, argument] of wrong) {
        const error = yield* Effect.flip(client.pipeline(stages as ReadonlyArray<Stage>))
        assert(error._tag === "InvalidArgument", argument)
        assert.strictEqual(error.argument, argument)
      }
      const misplaced = yield* Effect.flip(client.pipeline([cat, cat], { stdin: "ignore" } as object))
      assert(misplaced._tag === "InvalidArgument")
      assert.strictEqual(misplaced.argument, "stdin")
      assert.deepStrictEqual(yield* client.list(), [])
    })
  )

  it.effect("have stages that are processes like any other, but for the streams that are joined", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const pipeline = yield* client.pipeline([sh("echo said >&2; cat"), { command: "cat" }])
      const [first, last] = [pipeline.stages[0]!, pipeline.stages[1]!]
      const unread = yield* Effect.flip(Stream.runDrain(first.stdout))
      assert.deepStrictEqual(unread._tag === "InvalidArgument" && unread.argument, "stdout")
      const unwritten = yield* Effect.flip(last.write("x"))
      assert.deepStrictEqual(unwritten._tag === "InvalidArgument" && unwritten.argument, "stdin")
      yield* pipeline.closeStdin
      assert.deepStrictEqual(yield* Stream.runCollect(first.stderrLines), ["said"])
      assert.deepStrictEqual(yield* last.exit, succeeded)
      assert.deepStrictEqual(
        (yield* Stream.runCollect(first.lifecycle)).map(({ _tag }) => _tag),
        ["Starting", "Started", "Exited", "Closed"]
      )
      const known = (yield* client.list()).map(({ id }) => id)
      assert.includeMembers(known, [first.id, last.id])
    })
  )
}
