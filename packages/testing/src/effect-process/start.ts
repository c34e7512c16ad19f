import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Redacted from "effect/Redacted"
import { living } from "../leaks.ts"
import { fixture, node } from "../harness.ts"
import { script, text, waitForLine } from "./observe.ts"
import type { SpawnerIt } from "./SpawnerIt.ts"

const hexOf = (word: string): string => Buffer.from(word).toString("hex")

export const start = (it: SpawnerIt): void => {
  it.effect("a command is the effect that starts it", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("echo", ["hello"])
      assert.strictEqual(yield* text(handle.stdout), "hello\n")
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("a template is split into words, and its values are not", () =>
    Effect.gen(function* () {
      const value = "a  'b'; $HOME"
      const handle = yield* ChildProcess.make`printf ${"%s|"} "one two" ${value} ${["x", "y z"]}`
      assert.strictEqual(yield* text(handle.stdout), `one two|${value}|x|y z|`)
    })
  )

  it.effect("arguments arrive byte for byte", () =>
    Effect.gen(function* () {
      const args = ["", " ", "a b", "*", "$HOME", "`id`", "'\"\\", "é€😀", "\n", "-x", "--"]
      const handle = yield* ChildProcess.make(node, [fixture("print-arguments.js"), ...args])
      assert.deepStrictEqual(JSON.parse(yield* text(handle.stdout)), args.map(hexOf))
    })
  )

  it.effect("a redacted argument arrives unchanged", () =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("printf", ["%s", Redacted.make("the secret")])
      assert.strictEqual(yield* text(handle.stdout), "the secret")
    })
  )

  it.effect("a prefix becomes the program, and the command its arguments", () =>
    Effect.gen(function* () {
      const prefixed = ChildProcess.make("echo", ["hello"]).pipe(ChildProcess.prefix("env", ["FROM=prefix"]))
      assert.strictEqual(yield* text((yield* prefixed).stdout), "hello\n")
      const asTemplate = ChildProcess.make("sh", ["-c", "echo $FROM"]).pipe(ChildProcess.prefix`env FROM=template`)
      assert.strictEqual(yield* text((yield* asTemplate).stdout), "template\n")
    })
  )

  it.effect("the handle has the PID of the process, and shows it", () =>
    Effect.gen(function* () {
      const handle = yield* script("echo $$")
      assert.strictEqual(yield* text(handle.stdout), `${handle.pid}\n`)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(handle)), { _id: "ChildProcessHandle", pid: handle.pid })
    })
  )

  it.effect("a process leads a group and a session of its own", () =>
    Effect.gen(function* () {
      const handle = yield* script("echo ready; exec sleep 1000")
      yield* waitForLine(handle, "ready")
      assert.deepInclude(living(handle.pid), { group: handle.pid, session: handle.pid })
    })
  )

  it.effect.each([true, false])("the option `detached: %s` runs the command", (detached) =>
    Effect.gen(function* () {
      const handle = yield* ChildProcess.make("echo", ["hello"], { detached, windowsHide: true })
      assert.strictEqual(yield* text(handle.stdout), "hello\n")
      assert.strictEqual(yield* handle.exitCode, 0)
    })
  )

  it.effect("many run at once", () =>
    Effect.gen(function* () {
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const numbers = Array.from({ length: 40 }, (_, index) => String(index))
      const answers = yield* Effect.forEach(numbers, (n) => spawner.string(ChildProcess.make("echo", [n])), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        answers,
        numbers.map((n) => `${n}\n`)
      )
    })
  )
}
