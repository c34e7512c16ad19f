import { assert, describe, it } from "@effect/vitest"
import { FailedConnects, MAX_FAILED_CONNECTS_LATELY } from "../../../src/worker/access/FailedConnects.ts"

const timed = () => {
  const clock = { at: 0, now: () => clock.at }
  return { clock, failed: new FailedConnects(clock) }
}

describe("wrong tokens", () => {
  it("are answered at once while they are few, then later each time, and never much later", () => {
    const { failed } = timed()
    const delays = Array.from({ length: MAX_FAILED_CONNECTS_LATELY }, () => failed.note().delayMs)
    assert.deepStrictEqual(
      delays.slice(0, 50),
      Array.from({ length: 50 }, () => 0)
    )
    assert.deepStrictEqual(delays.slice(50, 53), [20, 40, 80])
    assert.deepStrictEqual(
      delays,
      delays.toSorted((one, other) => one - other)
    )
    assert.strictEqual(delays.at(-1), 2000)
  })

  it("are told no reason once they are too many", () => {
    const { failed } = timed()
    for (let count = 0; count < MAX_FAILED_CONNECTS_LATELY; count++) assert.isUndefined(failed.note().refusal)
    assert.deepInclude(failed.note().refusal, { _tag: "LimitExceeded", limit: "failedConnects" })
  })

  it("are forgotten one a second, however many there were", () => {
    const { clock, failed } = timed()
    for (let count = 0; count < 100_000; count++) failed.note()
    clock.at = 100_000
    assert.isUndefined(failed.note().refusal)
    clock.at = 400_000
    assert.strictEqual(failed.note().delayMs, 0)
  })
})
