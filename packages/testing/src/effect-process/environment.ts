import { relative } from "node:path"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Redacted from "effect/Redacted"
import type { SpawnerIt } from "./SpawnerIt.ts"

/** The environment that a command sees. */
const seenBy = (options: ChildProcess.CommandOptions) =>
  Effect.gen(function* () {
    const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
    const pairs = (yield* string(ChildProcess.make("env", ["-0"], options))).split("\0").slice(0, -1)
    const seen = pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const)
    // Children of a broker have its mark.
    return Object.fromEntries(seen.filter(([name]) => name !== "SPAWNBROKER_ID"))
  })

const ofHost = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))

export const environment = (it: SpawnerIt): void => {
  it.effect("it is the host's, if nothing is said", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* seenBy({}), ofHost())
      assert.deepStrictEqual(yield* seenBy({ extendEnv: true }), ofHost())
      assert.deepStrictEqual(yield* seenBy({ extendEnv: false }), ofHost())
    })
  )

  it.effect("what is given replaces it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* seenBy({ env: { A: "1", EMPTY: "", ODD: "a=b\nc" } }), {
        A: "1",
        EMPTY: "",
        ODD: "a=b\nc"
      })
      assert.deepStrictEqual(yield* seenBy({ env: { A: "1", B: undefined }, extendEnv: false }), { A: "1" })
      assert.deepStrictEqual(yield* seenBy({ env: {} }), {})
    })
  )

  it.effect("what is given extends it, and what is undefined is taken from it", () =>
    Effect.gen(function* () {
      const { HOME: _, ...others } = ofHost()
      assert.isString(_)
      assert.deepStrictEqual(yield* seenBy({ env: { A: "1", HOME: undefined }, extendEnv: true }), {
        ...others,
        A: "1"
      })
      assert.deepStrictEqual(yield* seenBy({ env: { HOME: "/elsewhere" }, extendEnv: true }), {
        ...others,
        HOME: "/elsewhere"
      })
    })
  )

  it.effect("a redacted value arrives unchanged", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* seenBy({ env: { A: Redacted.make("the secret") } }), { A: "the secret" })
    })
  )

  it.effect("setEnv and setCwd reach every command of a pipeline", () =>
    Effect.gen(function* () {
      const { lines } = yield* ChildProcessSpawner.ChildProcessSpawner
      const command = ChildProcess.make("sh", ["-c", "pwd; echo $A"]).pipe(
        ChildProcess.pipeTo(ChildProcess.make("sh", ["-c", "cat; pwd; echo $A"])),
        ChildProcess.setCwd("/usr"),
        ChildProcess.setEnv({ A: "1" })
      )
      assert.deepStrictEqual(yield* lines(command), ["/usr", "1", "/usr", "1"])
    })
  )

  it.effect("the directory is the host's, or the one that is given", () =>
    Effect.gen(function* () {
      const { string } = yield* ChildProcessSpawner.ChildProcessSpawner
      const pwd = (cwd?: string) => string(ChildProcess.make("pwd", { cwd }))
      assert.strictEqual(yield* pwd(), `${process.cwd()}\n`)
      assert.strictEqual(yield* pwd("/usr"), "/usr\n")
      assert.strictEqual(yield* pwd(relative(process.cwd(), "/usr")), "/usr\n")
      assert.strictEqual(yield* pwd("."), `${process.cwd()}\n`)
    })
  )
}
