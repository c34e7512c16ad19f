import { assert, describe, it } from "@effect/vitest"
import { Limits } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { combineLimits, type EffectiveLimits, limitsOf, quotaOf } from "../../../src/worker/access/combine-limits.ts"

const Amount = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })))
const Effective = Schema.Struct({
  wallTimeMs: Amount,
  outputBytes: Amount,
  memoryBytes: Amount,
  openFiles: Amount,
  nice: Amount,
  bestEffort: Schema.optionalKey(Schema.Boolean)
})

/** Whether nothing that `one` refuses is let through by `other`. */
const isAsStrict = (other: EffectiveLimits, one: EffectiveLimits): boolean =>
  Object.entries(one).every(([name, value]) => {
    const combined = other[name as keyof EffectiveLimits]
    if (name === "bestEffort") return value === true || combined === false
    if (combined === undefined) return false
    return name === "nice" ? combined >= value : combined <= value
  })

describe("the limits of a chain", () => {
  it.prop("are as strict as those of each link", [Effective, Effective], ([one, other]) => {
    const both = combineLimits(one, other)
    assert.isTrue(isAsStrict(both, one) && isAsStrict(both, other), JSON.stringify(both))
  })

  it.prop("say of each limit what one of the links says", [Effective, Effective], ([one, other]) => {
    const { bestEffort: _, ...amounts } = combineLimits(one, other)
    for (const [name, value] of Object.entries(amounts)) {
      const said = [one, other].map((limits) => limits[name as keyof typeof limits])
      assert.include(said, value, name)
    }
  })

  it.prop(
    "do not depend on the order of the links, nor on how they are grouped",
    [Effective, Effective, Effective],
    ([a, b, c]) => {
      assert.deepStrictEqual(combineLimits(a, b), combineLimits(b, a))
      assert.deepStrictEqual(combineLimits(combineLimits(a, b), c), combineLimits(a, combineLimits(b, c)))
      assert.deepStrictEqual(combineLimits(a, {}), a)
      assert.deepStrictEqual(combineLimits(a, a), a)
    }
  )

  it.prop(
    "of one policy are those that it says, and what is counted for each link is not among them",
    [Limits],
    ([limits]) => {
      const { concurrent, startsPerMinute, wallTime, ...each } = limits
      const { wallTimeMs, ...effective } = limitsOf(limits)
      assert.deepStrictEqual<object>(effective, each)
      assert.strictEqual(wallTimeMs === undefined, wallTime === undefined)
      assert.deepStrictEqual(
        { concurrent, startsPerMinute },
        { concurrent: undefined, startsPerMinute: undefined, ...quotaOf(limits) }
      )
    }
  )

  it("has times as milliseconds, of any length", () => {
    assert.deepStrictEqual(limitsOf({ wallTime: "90 seconds" }), { wallTimeMs: 90_000 })
    assert.deepStrictEqual(limitsOf({ wallTime: "60 days" }), { wallTimeMs: 60 * 24 * 3600 * 1000 })
  })
})
