import { assert, describe, it } from "@effect/vitest"
import { makeClock } from "../../../src/worker/access/Clock.ts"

describe("the broker's clock", () => {
  const turned = () => {
    const hands = { wall: 1_000_000, monotonic: 500 }
    return {
      hands,
      clock: makeClock(
        () => hands.wall,
        () => hands.monotonic
      )
    }
  }

  it("begins with 0, and goes on while the machine sleeps", () => {
    const { clock, hands } = turned()
    assert.strictEqual(clock.now(), 0)
    hands.wall += 8 * 3600 * 1000
    assert.strictEqual(clock.now(), 8 * 3600 * 1000)
  })

  it("is not set back, and not stopped, by who sets the clock on the wall", () => {
    const { clock, hands } = turned()
    hands.wall += 1000
    hands.monotonic += 1000
    assert.strictEqual(clock.now(), 1000)
    hands.wall = 0
    assert.strictEqual(clock.now(), 1000)
    hands.monotonic += 500
    assert.strictEqual(clock.now(), 1500)
  })
})
