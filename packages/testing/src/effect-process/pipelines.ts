import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { chunks, mark, script, text } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

const { make, pipeTo } = ChildProcess

const both = script("echo out; echo err >&2")

export const pipelines = (it: SpawnerIt): void => {
  it.effect("the output of each command is the input of the next", () =>
    Effect.gen(function* () {
      const { lines } = yield* ChildProcessSpawner.ChildProcessSpawner
      const command = script("printf 'b\\na\\nb\\n'").pipe(pipeTo(make("sort")), pipeTo(make("uniq", ["-c"])))
      assert.deepStrictEqual(
        (yield* lines(command)).map((line) => line.trim()),
        ["1 a", "2 b"]
      )
    })
  )

  it.effect("a pipeline may be part of another, on either side", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const left = make("printf", ["c\\na\\n"]).pipe(pipeTo(make("sort")))
      const right = make("head", ["-n", "1"]).pipe(pipeTo(make("tr", ["a", "x"])))
      assert.strictEqual(yield* string(pipeTo(left, right)), "x\n")
    })
  )

  it.effect("stdout is piped; or stderr, or both", () =>
    Effect.gen(function* () {
      const { lines } = yield* ChildProcessSpawner.ChildProcessSpawner
      const piped = (from?: ChildProcess.PipeFromOption) =>
        Effect.map(lines(both.pipe(pipeTo(make("cat"), { from }))), (found) => found.toSorted())
      assert.deepStrictEqual(yield* piped(), ["out"])
      assert.deepStrictEqual(yield* piped("stdout"), ["out"])
      assert.deepStrictEqual(yield* piped("stderr"), ["err"])
      assert.deepStrictEqual(yield* piped("all"), ["err", "out"])
      assert.deepStrictEqual(yield* piped("fd1"), ["out"])
    })
  )

  it.effect("a further descriptor may be piped, from and to", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const source = script("echo out; echo three >&3", { additionalFds: { fd3: { type: "output" } } })
      assert.strictEqual(yield* string(source.pipe(pipeTo(make("cat"), { from: "fd3" }))), "three\n")
      const target = script("cat <&4")
      assert.strictEqual(yield* string(make("echo", ["four"]).pipe(pipeTo(target, { to: "fd4" }))), "four\n")
      assert.strictEqual(yield* string(source.pipe(pipeTo(target, { from: "fd3", to: "fd4" }))), "three\n")
      assert.strictEqual(yield* string(make("echo", ["in"]).pipe(pipeTo(make("cat"), { to: "fd1" }))), "in\n")
    })
  )

  it.effect("a further descriptor of a command in the middle may be piped, from and to", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const middle = script("cat <&4 >&3", { additionalFds: { fd3: { type: "output" } } })
      const command = make("echo", ["a"]).pipe(pipeTo(middle, { to: "fd4" }), pipeTo(make("cat"), { from: "fd3" }))
      assert.strictEqual(yield* string(command), "a\n")
    })
  )

  it.effect("the pipe replaces what else the input was to be", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const inputs: ReadonlyArray<ChildProcess.CommandInput> = ["ignore", "inherit", chunks("not this")]
      for (const stdin of inputs) {
        assert.strictEqual(yield* string(make("echo", ["a"]).pipe(pipeTo(make("cat", { stdin })))), "a\n")
      }
    })
  )

  it.effect("an output that is no pipe, or no output, is an empty one", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const silent = script("echo out; echo err >&2", { stdout: "ignore" })
      assert.strictEqual(yield* string(silent.pipe(pipeTo(make("cat")))), "")
      assert.strictEqual(yield* string(silent.pipe(pipeTo(make("cat"), { from: "all" }))), "err\n")
      assert.strictEqual(yield* string(make("true").pipe(pipeTo(make("cat"), { from: "fd3" }))), "")
    })
  )

  it.effect("what a sink makes of an output is what is piped", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const doubled = Sink.ignoreLeftover(
        Sink.map(Sink.take<Uint8Array>(1), (taken): Uint8Array => Buffer.concat([...taken, ...taken]))
      )
      const source = make("printf", ["ab"], { stdout: doubled })
      assert.strictEqual(yield* string(source.pipe(pipeTo(make("cat")), pipeTo(make("cat")))), "abab")
    })
  )

  it.effect("a descriptor that goes both ways stays so", () =>
    Effect.gen(function* () {
      const target = script("cat <&3 >&3", { additionalFds: { fd3: { type: "duplex" } } })
      const handle = yield* make("echo", ["there and back"]).pipe(pipeTo(target, { to: "fd3" }))
      assert.strictEqual(yield* text(handle.getOutputFd(3)), "there and back\n")
    })
  )

  it.effect("the handle writes to the first and is the last", () =>
    Effect.gen(function* () {
      const last = script("cat; echo $$; echo err >&2; exit 9")
      const handle = yield* make("cat").pipe(pipeTo(make("tr", ["a", "b"])), pipeTo(last))
      assert.isTrue(yield* handle.isRunning)
      yield* Stream.run(chunks("aaa\n"), handle.stdin)
      assert.strictEqual(yield* text(handle.stdout), `bbb\n${handle.pid}\n`)
      assert.strictEqual(yield* text(handle.stderr), "err\n")
      assert.strictEqual(yield* handle.exitCode, 9)
      assert.isFalse(yield* handle.isRunning)
    })
  )

  it.effect("the exit of an earlier command is not asked for", () =>
    Effect.gen(function* () {
      const { exitCode, string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const command = script("echo a; exit 3").pipe(pipeTo(make("cat")))
      assert.strictEqual(yield* exitCode(command), 0)
      assert.strictEqual(yield* string(command), "a\n")
    })
  )

  it.effect("a command that stops reading ends the pipeline", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const { options, living } = mark()
      assert.strictEqual(yield* string(make("yes", options).pipe(pipeTo(make("head", ["-n", "1"], options)))), "y\n")
      assert.deepStrictEqual(yield* living, [])
    })
  )

  it.effect("ten megabytes pass through three commands", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const command = make("head", ["-c", "10000000", "/dev/zero"]).pipe(
        pipeTo(make("cat")),
        pipeTo(make("wc", ["-c"]))
      )
      assert.strictEqual((yield* string(command)).trim(), "10000000")
    })
  )

  it.effect("options of a command in the middle are kept", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const middle = script("cat; echo $A; pwd", { env: { A: "1" }, extendEnv: true, cwd: "/usr" })
      assert.strictEqual(yield* string(make("echo", ["a"]).pipe(pipeTo(middle), pipeTo(make("cat")))), "a\n1\n/usr\n")
    })
  )

  it.effect("the output of the last one is what the options say", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(make("echo", ["a"]).pipe(pipeTo(make("cat", { stdout: "ignore" })))), "")
    })
  )
}
