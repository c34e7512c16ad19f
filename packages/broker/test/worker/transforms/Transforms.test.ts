/** Tasks under a limit, in real threads. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { fileURLToPath } from "node:url"
import { entryFile } from "../../../src/link/entry-file.ts"
import { matchText } from "../../../src/worker/transforms/guarded-tasks.ts"
import { Transforms } from "../../../src/worker/transforms/Transforms.ts"

const start = {
  file: fileURLToPath(entryFile("pool/main")),
  maxThreads: 2,
  memoryMb: 64,
  idleMs: 20,
  transforms: {}
}

const transforms = Effect.acquireRelease(
  Effect.sync(() => new Transforms(start, (text) => text.replaceAll("secret", "***"))),
  (each) => Effect.promise(() => each.close())
)

/** Takes longer than the age of the world. */
const explosive = { pattern: "^(?:a+)+$", flags: "", text: `${"a".repeat(60)}!`, limit: 10 }
const sane = { pattern: "b.", flags: "i", text: "abcBd", limit: 10 }
const found = [
  { index: 1, text: "bc" },
  { index: 3, text: "Bd" }
]

describe("a guarded task", () => {
  it.live("answers", () =>
    Effect.gen(function* () {
      const each = yield* transforms
      assert.deepStrictEqual(yield* each.runGuarded(matchText(), sane, { timeoutMs: 60_000 }), found)
      const first = yield* each.runGuarded(matchText(), { ...sane, limit: 1 }, { timeoutMs: 60_000 })
      assert.deepStrictEqual(first, found.slice(0, 1))
    }).pipe(Effect.scoped)
  )

  it.live("that explodes is ended with its thread, and those that wait behind it are done", () =>
    Effect.gen(function* () {
      const each = yield* transforms
      const explosions = yield* Effect.forEach([1, 2, 3], () =>
        Effect.forkChild(Effect.flip(each.runGuarded(matchText(), explosive, { timeoutMs: 200 })), {
          startImmediately: true
        })
      )
      assert.deepStrictEqual(yield* each.runGuarded(matchText(), sane, { timeoutMs: 60_000 }), found)
      for (const fiber of explosions) {
        const failed = yield* Fiber.join(fiber)
        assert.deepInclude(failed, { _tag: "TimedOut", operation: "match", timeoutMs: 200 })
      }
      assert.isAtMost(each.stats.threads, 2)
    }).pipe(Effect.scoped)
  )

  it.live("that throws fails with what it has thrown, without the host's secrets", () =>
    Effect.gen(function* () {
      const each = yield* transforms
      const failed = yield* Effect.flip(
        each.runGuarded(matchText(), { ...sane, pattern: "(secret" }, { timeoutMs: 60_000 })
      )
      assert.strictEqual(failed._tag, "InvalidArgument")
      assert.include(failed.message, "(***")
    }).pipe(Effect.scoped)
  )

  it.live("whose payload cannot be sent fails, and the next is done", () =>
    Effect.gen(function* () {
      const each = yield* transforms
      const payload = { ...sane, pattern: (() => {}) as never }
      const failed = yield* Effect.flip(each.runGuarded(matchText(), payload, { timeoutMs: 60_000 }))
      assert.strictEqual(failed._tag, "InvalidArgument")
      assert.deepStrictEqual(yield* each.runGuarded(matchText(), sane, { timeoutMs: 60_000 }), found)
    }).pipe(Effect.scoped)
  )

  it.live("that is under way when the broker closes fails, and so does one that comes later", () =>
    Effect.gen(function* () {
      const each = yield* transforms
      const run = Effect.flip(each.runGuarded(matchText(), explosive, { timeoutMs: 60_000 }))
      const fiber = yield* Effect.forkChild(run, { startImmediately: true })
      yield* Effect.promise(() => each.close())
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "InvalidArgument")
      assert.strictEqual((yield* run)._tag, "InvalidArgument")
    }).pipe(Effect.scoped)
  )
})
