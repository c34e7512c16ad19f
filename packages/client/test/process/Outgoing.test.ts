import { assert, describe, it } from "@effect/vitest"
import { BrokerUnavailable, MAX_FRAME_BYTES, ProcessId, INPUT_CREDIT_BYTES } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Outgoing } from "../../src/process/Outgoing.ts"

const id = ProcessId.make(`p-${"0".repeat(24)}`)

const makeOutgoing = () => {
  const sent: Array<Uint8Array> = []
  const said = { ends: 0 }
  const outgoing = new Outgoing(0, {
    send: (_fd, frame) => {
      if (frame._tag === "Input") sent.push(frame.bytes)
      else said.ends++
    }
  })
  const sentBytes = (): number => sent.reduce((total, { byteLength }) => total + byteLength, 0)
  return { outgoing, sent, said, sentBytes }
}

const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

describe("an outgoing stream", () => {
  it.effect("sends what is written, and answers how much it was", () =>
    Effect.gen(function* () {
      const { outgoing, sent } = makeOutgoing()
      assert.strictEqual(yield* outgoing.write(id, Uint8Array.of(1, 2, 3)), 3)
      assert.deepStrictEqual(sent, [Uint8Array.of(1, 2, 3)])
    })
  )

  it.effect("sends a copy, so that the writer keeps its buffer", () =>
    Effect.gen(function* () {
      const { outgoing, sent } = makeOutgoing()
      const whole = Uint8Array.of(0, 1, 2, 3)
      yield* outgoing.write(id, whole.subarray(1, 3))
      whole.fill(9)
      assert.deepStrictEqual(sent, [Uint8Array.of(1, 2)])
      assert.strictEqual(sent[0]!.buffer.byteLength, 2)
    })
  )

  it.effect("sends nothing for an empty write", () =>
    Effect.gen(function* () {
      const { outgoing, sent } = makeOutgoing()
      assert.strictEqual(yield* outgoing.write(id, new Uint8Array(0)), 0)
      assert.deepStrictEqual(sent, [])
    })
  )

  it.effect("waits when its credit is used up, and goes on with what it is given", () =>
    Effect.gen(function* () {
      const { outgoing, sent, sentBytes } = makeOutgoing()
      const size = INPUT_CREDIT_BYTES + 1000
      const writer = yield* fork(
        outgoing.write(
          id,
          Uint8Array.from({ length: size }, (_, at) => at & 0xff)
        )
      )
      assert.strictEqual(sentBytes(), INPUT_CREDIT_BYTES)
      outgoing.grant(1)
      yield* Effect.yieldNow
      assert.strictEqual(sentBytes(), INPUT_CREDIT_BYTES + 1)
      outgoing.grant(5000)
      assert.strictEqual(yield* Fiber.join(writer), size)
      const whole = Buffer.concat(sent)
      assert.isTrue(whole.every((byte, at) => byte === (at & 0xff)))
    })
  )

  it.effect("sends no frame longer than there may be", () =>
    Effect.gen(function* () {
      const { outgoing, sent } = makeOutgoing()
      outgoing.grant(10 * MAX_FRAME_BYTES)
      yield* outgoing.write(id, new Uint8Array(3 * MAX_FRAME_BYTES + 1))
      assert.isTrue(sent.every(({ byteLength }) => byteLength <= MAX_FRAME_BYTES))
    })
  )

  it.effect("keeps the order of writes that wait, and ends after them", () =>
    Effect.gen(function* () {
      const { outgoing, said, sent } = makeOutgoing()
      yield* outgoing.write(id, new Uint8Array(INPUT_CREDIT_BYTES))
      const writers = yield* Effect.forEach([1, 2, 3], (byte) =>
        fork(outgoing.write(id, new Uint8Array(10).fill(byte)))
      )
      const end = yield* fork(outgoing.end)
      assert.strictEqual(said.ends, 0)
      for (let grants = 0; grants < 30; grants++) {
        outgoing.grant(1)
        yield* Effect.yieldNow
      }
      yield* Effect.forEach(writers, Fiber.join)
      yield* Fiber.join(end)
      assert.strictEqual(said.ends, 1)
      assert.strictEqual(Buffer.concat(sent.slice(1)).join(""), "1".repeat(10) + "2".repeat(10) + "3".repeat(10))
    })
  )

  it.effect("ends once, and refuses what is written after it", () =>
    Effect.gen(function* () {
      const { outgoing, said } = makeOutgoing()
      yield* outgoing.end
      yield* outgoing.end
      assert.strictEqual(said.ends, 1)
      assert.strictEqual((yield* Effect.flip(outgoing.write(id, new Uint8Array(1))))._tag, "InvalidArgument")
    })
  )

  for (const [what, reason, tag] of [
    ["its process has exited", "by its exit", "AlreadyExited"],
    ["its reader has gone", { errno: "EPIPE" }, "Io"],
    ["the connection has ended", { error: new BrokerUnavailable({ reason: "x" }) }, "BrokerUnavailable"]
  ] as const) {
    it.effect(`fails those who wait and those who come when ${what}`, () =>
      Effect.gen(function* () {
        const { outgoing } = makeOutgoing()
        const waiting = yield* fork(Effect.flip(outgoing.write(id, new Uint8Array(INPUT_CREDIT_BYTES + 1))))
        const behind = yield* fork(Effect.flip(outgoing.write(id, new Uint8Array(1))))
        outgoing.close(reason)
        outgoing.close("by us")
        for (const error of [
          yield* Fiber.join(waiting),
          yield* Fiber.join(behind),
          yield* Effect.flip(outgoing.write(id, new Uint8Array(1)))
        ]) {
          assert.strictEqual(error._tag, tag)
        }
        yield* outgoing.end
      })
    )
  }

  it.effect("lets the next writer on when one that waits is interrupted", () =>
    Effect.gen(function* () {
      const { outgoing, sentBytes } = makeOutgoing()
      const waiting = yield* fork(outgoing.write(id, new Uint8Array(INPUT_CREDIT_BYTES + 100)))
      const behind = yield* fork(outgoing.write(id, new Uint8Array(7)))
      yield* Fiber.interrupt(waiting)
      outgoing.grant(7)
      assert.strictEqual(yield* Fiber.join(behind), 7)
      assert.strictEqual(sentBytes(), INPUT_CREDIT_BYTES + 7)
    })
  )
})
