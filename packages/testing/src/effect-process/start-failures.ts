import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Redacted from "effect/Redacted"
import { aDirectory, noInterpreter, notExecutable } from "./commands.ts"
import { errorFacts, failure, mark, script } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

const notStarted = (reason: string, what: string) => ({
  error: "PlatformError",
  reason,
  module: "ChildProcess",
  method: "spawn",
  what
})

const badArgument = (description: string) => ({
  error: "PlatformError",
  reason: "BadArgument",
  module: "ChildProcess",
  method: "spawn",
  description
})

const withNul: ReadonlyArray<readonly [string, ChildProcess.Command]> = [
  ["The command contains a NUL character", ChildProcess.make("ec\0ho")],
  ["Argument 2 contains a NUL character", ChildProcess.make("echo", ["a", "b\0c"])],
  ["Argument 1 contains a NUL character", ChildProcess.make("echo", [Redacted.make("b\0c")])],
  ["The environment variable A contains a NUL character", ChildProcess.make("echo", { env: { A: "\0" } })],
  [
    "The environment variable A contains a NUL character",
    ChildProcess.make("echo", { env: { A: Redacted.make("\0") }, extendEnv: true })
  ]
]

export const startFailures = (it: SpawnerIt): void => {
  it.effect("a command that does not exist is NotFound, with the command line", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ChildProcess.make("no-such-command", ["a b", "c"]))
      assert.deepStrictEqual(errorFacts(error), notStarted("NotFound", "no-such-command 'a b' c"))
      assert.include(error.message, "NotFound: ChildProcess.spawn (no-such-command 'a b' c)")
      assert.strictEqual("syscall" in error.reason && error.reason.syscall, "spawn no-such-command")
      assert.instanceOf(error.cause, Error)
      const path = yield* Effect.flip(ChildProcess.make("/no/such/command"))
      assert.deepStrictEqual(errorFacts(path), notStarted("NotFound", "/no/such/command"))
    })
  )

  it.effect("every way to run it fails in the same way", () =>
    Effect.gen(function* () {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const command = ChildProcess.make("no-such-command")
      const expected = notStarted("NotFound", "no-such-command")
      assert.deepStrictEqual(yield* failure(spawner.exitCode(command)), expected)
      assert.deepStrictEqual(yield* failure(spawner.string(command)), expected)
      assert.deepStrictEqual(yield* failure(spawner.lines(command)), expected)
    })
  )

  it.effect("a redacted argument is not shown", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ChildProcess.make("no-such-command", [Redacted.make("the secret"), "b"]))
      assert.deepStrictEqual(errorFacts(error), notStarted("NotFound", "no-such-command <redacted> b"))
      assert.notInclude(JSON.stringify([error, error.message, String(error.cause)]), "the secret")
    })
  )

  it.effect("a file that may not be executed, and a directory, are PermissionDenied", () =>
    Effect.gen(function* () {
      for (const file of [notExecutable, aDirectory]) {
        assert.deepStrictEqual(yield* failure(ChildProcess.make(file)), notStarted("PermissionDenied", file))
      }
    })
  )

  it.effect("a script whose interpreter is missing is NotFound", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failure(ChildProcess.make(noInterpreter)), notStarted("NotFound", noInterpreter))
    })
  )

  it.effect("a working directory that does not exist is NotFound, of the file system", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failure(ChildProcess.make("pwd", { cwd: "/no/such/directory" })), {
        error: "PlatformError",
        reason: "NotFound",
        module: "FileSystem",
        method: "access",
        what: "/no/such/directory"
      })
    })
  )

  it.effect.each(withNul)("%s", ([description, command]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* failure(command), badArgument(description))
    })
  )

  it.effect("a shell takes no arguments", () =>
    Effect.gen(function* () {
      const description = "The shell option cannot be combined with arguments; pass the whole script as the command"
      assert.deepStrictEqual(
        yield* failure(ChildProcess.make("echo", ["a"], { shell: true })),
        badArgument(description)
      )
      assert.deepStrictEqual(
        yield* failure(ChildProcess.make("echo", ["a"], { shell: "/bin/sh" })),
        badArgument(description)
      )
    })
  )

  const impossible: ReadonlyArray<readonly [string, ChildProcess.Command]> = [
    ["no name", ChildProcess.make("")],
    ["arguments that are too long", ChildProcess.make("true", ["x".repeat(300_000)])],
    ["a file as its directory", ChildProcess.make("pwd", { cwd: "/etc/passwd" })]
  ]
  it.effect.each(impossible)("with %s nothing is started", ([, command]) =>
    Effect.gen(function* () {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(command))))
    })
  )

  it.effect("a start that fails leaves nothing of a pipeline running", () =>
    Effect.gen(function* () {
      const { options, living } = mark()
      const left = script("sleep 1000", options)
      assert.deepStrictEqual(
        yield* failure(Effect.scoped(left.pipe(ChildProcess.pipeTo(ChildProcess.make("no-such-command"))))),
        notStarted("NotFound", "no-such-command")
      )
      assert.deepStrictEqual(yield* living, [])
      assert.deepStrictEqual(
        yield* failure(Effect.scoped(ChildProcess.make("no-such-command").pipe(ChildProcess.pipeTo(left)))),
        notStarted("NotFound", "no-such-command")
      )
      assert.deepStrictEqual(yield* living, [])
    })
  )
}
