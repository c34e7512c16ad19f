import { assert, describe, it } from "@effect/vitest"
import { quantile, since } from "../src/health/quantile.ts"

const bounds = [0.001, 0.01, 0.1]

describe("a share of what was measured", () => {
  it("is within the bound of its bucket, and never over the longest", () => {
    const taken = { counts: [50, 49, 1, 0], max: 0.05 }
    assert.deepStrictEqual(
      [0.5, 0.99, 1].map((share) => quantile(taken, bounds, share)),
      [0.001, 0.01, 0.05]
    )
    assert.strictEqual(quantile({ counts: [0, 0, 0, 1], max: 3 }, bounds, 0.5), 3)
  })

  it("is nothing where nothing was", () => {
    assert.isUndefined(quantile({ counts: [0, 0, 0, 0], max: 0 }, bounds, 0.5))
  })

  it("is of what came between two looks, and of all where another thread has begun to count", () => {
    const later = { counts: [5, 2, 0, 0], max: 0.01 }
    assert.deepStrictEqual(since(later, { counts: [4, 0, 0, 0], max: 0.001 }).counts, [1, 2, 0, 0])
    assert.deepStrictEqual(since(later, { counts: [9, 9, 0, 0], max: 0.01 }).counts, later.counts)
    assert.deepStrictEqual(since(later, undefined).counts, later.counts)
  })
})
