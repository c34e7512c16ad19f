import { realpathSync } from "node:fs"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ChildProcess, ChildProcessSpawner, CommandLine } from "effect/process"
import * as Result from "effect/Result"
import { text } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

export const shell = (it: SpawnerIt): void => {
  it.effect("the command is the whole script", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(ChildProcess.make("echo a; echo b | cat", { shell: true })), "a\nb\n")
      const word = Result.getOrThrow(CommandLine.quote("$HOME; 'x'"))
      assert.strictEqual(yield* string(ChildProcess.make(`printf %s ${word}`, { shell: true })), "$HOME; 'x'")
    })
  )

  it.effect("a template is the script as it is written", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make({ shell: true, env: { A: "1" }, extendEnv: true })`echo "$A" && exit 3`
      assert.strictEqual(yield* text(handle.stdout), "1\n")
      assert.strictEqual(yield* handle.exitCode, 3)
    })
  )

  it.effect("`true` is /bin/sh; a text is the shell", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const shellOf = (chosen: boolean | string) =>
        string(ChildProcess.make("readlink /proc/$$/exe; :", { shell: chosen }))
      assert.strictEqual(yield* shellOf(true), `${realpathSync("/bin/sh")}\n`)
      assert.strictEqual(yield* shellOf("/bin/sh"), `${realpathSync("/bin/sh")}\n`)
      assert.strictEqual(yield* shellOf("/bin/bash"), `${realpathSync("/bin/bash")}\n`)
    })
  )

  it.effect("without it there is none", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* string(ChildProcess.make("echo", ["$HOME; a"], { shell: false })), "$HOME; a\n")
    })
  )

  it.effect("a command that the shell does not find is its exit code 127", () =>
    Effect.gen(function* () {
      const { exitCode } = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* exitCode(ChildProcess.make("no-such-command", { shell: true })), 127)
    })
  )
}
