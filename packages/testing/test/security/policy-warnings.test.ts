import { Broker } from "@spawnbroker/broker"
import type { Policy } from "@spawnbroker/protocol"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

const loose: Policy = { subject: "panel", commands: [{ command: "find", args: true }], env: { set: ["LD_PRELOAD"] } }
const tight: Policy = { subject: "panel", commands: [{ command: "find", args: [[".", "-name", { match: "\\w+" }]] }] }

/** What a broker logs of the policies that it mints. */
const logOf = (policies: ReadonlyArray<Policy>, policyWarnings?: "log" | "ignore") =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel}: ${String(message)}`))
    yield* Effect.gen(function* () {
      const broker = yield* Broker.start({ policyWarnings, spawner: "direct" })
      for (const policy of policies) yield* broker.mint(policy)
      yield* broker.stats
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
    return lines
  })

describe("a policy that grants more than it seems to", () => {
  it.live("is minted, and logged once, with its place and what to grant instead", () =>
    Effect.gen(function* () {
      const lines = yield* logOf([loose, loose, tight])
      assert.lengthOf(lines, 1, lines.join("\n"))
      assert.match(lines[0]!, /^Warn: The policy of "panel" grants more than it seems to/)
      assert.include(lines[0], "`commands[0].args` (find): its arguments are free")
      assert.include(lines[0], "`env.set[0]` (LD_PRELOAD)")
      assert.include(lines[0], "Instead: Name the expression")
    })
  )

  it.live("is not logged where the host does not want it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* logOf([loose], "ignore"), [])
    })
  )

  it.live("cannot write lines of its own into the log, nor fill it", () =>
    Effect.gen(function* () {
      const commands = Array.from({ length: 1000 }, () => ({
        command: "/\nERROR: all is lost/\u001b[2Jfind",
        args: true as const
      }))
      const [line = ""] = yield* logOf([
        { subject: "a\nb", commands },
        { subject: "x", commands: [{ command: "/a\nb/find", args: true }] }
      ])
      assert.notInclude(line, "\n")
      assert.isBelow(line.length, 2100)
    })
  )

  it.live("is told as data, and a wrong one as wrong", () =>
    Effect.gen(function* () {
      const broker = yield* Broker.start({ spawner: "direct" })
      const warnings = yield* broker.check(loose)
      assert.deepStrictEqual(
        warnings.map(({ place, program }) => [place, program]),
        [
          ["commands[0].args", "find"],
          ["env.set[0]", "LD_PRELOAD"]
        ]
      )
      assert.deepStrictEqual(yield* broker.check(tight), [])
      const wrong = yield* Effect.flip(broker.check({ ...loose, cwd: ["/no/such"] }))
      assert.deepInclude(wrong, { _tag: "InvalidArgument", argument: "cwd[0]" })
      assert.strictEqual((yield* broker.stats).tokens, 0)
    }).pipe(Effect.scoped)
  )
})
