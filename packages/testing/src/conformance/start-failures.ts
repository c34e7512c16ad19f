import { randomUUID } from "node:crypto"
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import type { SpawnOptions } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { connect, node, temporaryDirectory } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** An executable file, and a client that may run it. */
const withFile = (content: string | Uint8Array, mode = 0o755) =>
  Effect.gen(function* () {
    const file = join(yield* temporaryDirectory, "program")
    writeFileSync(file, content, { mode })
    const client = yield* connect({ commands: [{ command: file, args: true }] })
    return { file, client }
  })

interface NulCase {
  readonly where: string
  readonly command?: string
  readonly args?: ReadonlyArray<string>
  readonly options?: SpawnOptions
}

const nulCases: ReadonlyArray<NulCase> = [
  { where: "the command", command: "true\0false" },
  { where: "an argument", args: ["one", "t\0wo"] },
  { where: "the working directory", options: { cwd: "/\0tmp" } },
  { where: "the name of a variable", options: { env: { "A\0B": "x" } } },
  { where: "the value of a variable", options: { env: { A: "x\0y" } } }
]

export const startFailures = (it: SuiteIt): void => {
  it.effect("a command that does not exist is NotFound, and it says where it was looked for", () =>
    Effect.gen(function* () {
      const command = `no-such-${randomUUID()}`
      const client = yield* connect({ commands: [{ command, args: true }], env: { values: { PATH: "/usr/bin:/bin" } } })
      const error = yield* Effect.flip(client.run(command))
      assert.deepInclude(error, {
        _tag: "NotFound",
        code: 4002,
        subject: "command",
        path: command,
        searched: ["/usr/bin", "/bin"]
      })
      assert.include(error.message, "/usr/bin, /bin")
    })
  )

  it.effect("a path that does not exist is NotFound, and nowhere else is looked", () =>
    Effect.gen(function* () {
      const command = `/no-such-${randomUUID()}/program`
      const client = yield* connect({ commands: [{ command, args: true }] })
      const error = yield* Effect.flip(client.run(command))
      assert.deepInclude(error, { _tag: "NotFound", subject: "command", path: command })
      assert.notProperty(error, "searched")
    })
  )

  it.effect("a working directory that does not exist is NotFound of the directory, not of the command", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const cwd = `/no-such-${randomUUID()}`
      const error = yield* Effect.flip(client.run("true", [], { cwd }))
      assert.deepInclude(error, { _tag: "NotFound", subject: "cwd", path: cwd })
    })
  )

  it.effect("a working directory that has been deleted is NotFound of the directory", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const cwd = join(yield* temporaryDirectory, "below")
      mkdirSync(cwd)
      assert.strictEqual((yield* client.run("pwd", [], { cwd })).stdout, `${cwd}\n`)
      rmSync(cwd, { recursive: true })
      assert.deepInclude(yield* Effect.flip(client.run("pwd", [], { cwd })), { _tag: "NotFound", subject: "cwd" })
    })
  )

  it.effect("a working directory that is a file is an InvalidArgument", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const error = yield* Effect.flip(client.run("true", [], { cwd: node }))
      assert.deepInclude(error, { _tag: "InvalidArgument", argument: "cwd" })
    })
  )

  it.effect("a file that may not be executed is SpawnFailed with EACCES", () =>
    Effect.gen(function* () {
      const { file, client } = yield* withFile("#!/bin/sh\n", 0o644)
      const error = yield* Effect.flip(client.run(file, ["x"]))
      assert.deepInclude(error, { _tag: "SpawnFailed", code: 4003, errno: "EACCES", command: file })
      chmodSync(file, 0o755)
      assert.deepStrictEqual((yield* client.run(file, ["x"])).exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect("a directory in the place of a command is SpawnFailed with EACCES", () =>
    Effect.gen(function* () {
      const path = yield* temporaryDirectory
      const client = yield* connect({ commands: [{ command: path, args: true }] })
      assert.deepInclude(yield* Effect.flip(client.run(path)), { _tag: "SpawnFailed", errno: "EACCES" })
    })
  )

  const notPrograms: ReadonlyArray<readonly [string, string]> = [
    ["text without a #! line", "echo this must not run\n"],
    ["a broken program", "\x7fELFgarbage"],
    ["nothing", ""]
  ]
  it.effect.each(notPrograms)(
    "a file of %s is SpawnFailed with ENOEXEC, and no shell is given it instead",
    ([, content]) =>
      Effect.gen(function* () {
        const { file, client } = yield* withFile(content)
        assert.deepInclude(yield* Effect.flip(client.run(file)), { _tag: "SpawnFailed", errno: "ENOEXEC" })
      })
  )

  it.effect("a script whose interpreter is missing is SpawnFailed, and the message says so", () =>
    Effect.gen(function* () {
      const { file, client } = yield* withFile("#!/no/such/interpreter\n")
      const error = yield* Effect.flip(client.run(file))
      assert.deepInclude(error, { _tag: "SpawnFailed", errno: "ENOENT", command: file })
      assert.include(error.message, "interpreter")
    })
  )

  it.effect("a program that is open for writing is SpawnFailed with ETXTBSY, and runs once it is closed", () =>
    Effect.gen(function* () {
      const { file, client } = yield* withFile(readFileSync("/bin/true"))
      const writer = openSync(file, "r+")
      const refused = yield* Effect.flip(client.run(file)).pipe(Effect.ensuring(Effect.sync(() => closeSync(writer))))
      assert.deepInclude(refused, { _tag: "SpawnFailed", errno: "ETXTBSY" })
      assert.deepStrictEqual((yield* client.run(file)).exit, { _tag: "Exited", code: 0 })
    })
  )

  it.effect.each([
    ["one argument of 200 kB", ["x".repeat(200_000)]],
    ["arguments of 3 MB in all", Array.from({ length: 60 }, () => "x".repeat(50_000))]
  ] as const)("%s are SpawnFailed with E2BIG", ([, args]) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const error = yield* Effect.flip(client.run("true", args))
      assert.deepInclude(error, { _tag: "SpawnFailed", errno: "E2BIG" })
      assert.isBelow(error.message.length, 2000)
    })
  )

  it.effect.each(nulCases)(
    "a NUL in $where is an InvalidArgument before anything runs",
    ({ command = "true", args = [], options = {} }) =>
      Effect.gen(function* () {
        const client = yield* connect({ env: { set: ["*"] } })
        const error = yield* Effect.flip(client.run(command, args, options))
        assert.strictEqual(error._tag, "InvalidArgument")
        assert.deepStrictEqual(yield* client.list(), [])
      })
  )

  it.effect("many failures at once leave the broker as it was, and none of them running", () =>
    Effect.gen(function* () {
      const { file, client } = yield* withFile("#!/no/such/interpreter\n")
      const attempts = Array.from({ length: 100 }, () => Effect.flip(client.run(file)))
      const errors = yield* Effect.all(attempts, { concurrency: 20 })
      assert.isTrue(errors.every((error) => error._tag === "SpawnFailed"))
      assert.deepStrictEqual(yield* client.living, [])
      assert.isTrue((yield* client.list()).every(({ state }) => state === "failed"))
    })
  )
}
