import { assert, describe, it } from "@effect/vitest"
import { BrokerUnavailable, HELD_ITEMS, HELD_LENGTH, MAX_NEXT_ITEMS } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { Held, type Taken } from "../../../src/worker/events/Held.ts"

const next = <A>(held: Held<A>): Promise<Taken<A>> => Effect.runPromise(held.next)
const gone = new BrokerUnavailable({ reason: "test" })

/** A generator of numbers that are the same in each run. See "mulberry32". */
const numbersFrom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

describe("what is held for a subscriber", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "comes in order, each once or counted as missed, whatever he does (seed %i)",
    async (seed) => {
      const random = numbersFrom(seed)
      const held = new Held<number>()
      const at = { pushed: 0, expected: 0 }
      const take = async (): Promise<void> => {
        const { items, missed, lastMissed } = await next(held)
        at.expected += missed
        if (missed > 0) assert.strictEqual(lastMissed, at.expected - 1)
        assert.isAtMost(items.length, MAX_NEXT_ITEMS)
        for (const item of items) assert.strictEqual(item, at.expected++)
      }
      for (let step = 0; step < 200; step++) {
        for (let count = Math.floor(random() ** 4 * 3000); count > 0; count--) {
          held.push(at.pushed++, Math.floor(random() ** 8 * 100_000))
        }
        while (at.expected < at.pushed && random() < 0.3) await take()
      }
      while (at.expected < at.pushed) await take()
      assert.strictEqual(at.expected, at.pushed)
    }
  )

  it("is the youngest, so many and so long at most", async () => {
    const many = new Held<number>()
    for (let item = 0; item < HELD_ITEMS + 10; item++) many.push(item, 1)
    assert.strictEqual((await next(many)).missed, 10)
    const long = new Held<string>()
    for (const item of ["first", "second", "third"]) long.push(item, HELD_LENGTH * 2)
    assert.deepStrictEqual(await next(long), { items: ["third"], missed: 2, lastMissed: "second" })
  })

  it("comes as one answer for all of a turn", async () => {
    const held = new Held<number>()
    const waiting = next(held)
    for (let item = 0; item < 5; item++) held.push(item, 1)
    assert.deepStrictEqual((await waiting).items, [0, 1, 2, 3, 4])
  })

  it("comes at once after a quiet time, and in one answer what follows on that too soon", async () => {
    const PACE_MS = 20
    const held = new Held<number>(undefined, PACE_MS)
    const first = next(held)
    held.push(0, 1)
    assert.deepStrictEqual((await first).items, [0])
    const answeredAt = performance.now()
    held.push(1, 1)
    const second = next(held)
    await new Promise(setImmediate)
    held.push(2, 1)
    assert.deepStrictEqual((await second).items, [1, 2])
    const third = next(held)
    held.push(3, 1)
    await new Promise(setImmediate)
    held.push(4, 1)
    assert.deepStrictEqual((await third).items, [3, 4])
    // A timer of Node's may be a millisecond early, and no more.
    assert.isAtLeast(performance.now() - answeredAt, 2 * (PACE_MS - 2))
    for (let item = 0; item < MAX_NEXT_ITEMS; item++) held.push(item, 1)
    const whole = next(held)
    held.close(gone)
    assert.strictEqual((await whole).items.length, MAX_NEXT_ITEMS)
    await held.drained
  })

  it("is given before the end is told, and a second question answers the first", async () => {
    const held = new Held<number>()
    const first = next(held)
    const second = next(held)
    assert.deepStrictEqual((await first).items, [])
    held.push(1, 1)
    held.close(gone)
    assert.deepStrictEqual((await second).items, [1])
    await held.drained
    assert.strictEqual(await Effect.runPromise(Effect.flip(held.next)), gone)
  })
})
