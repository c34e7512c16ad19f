import { assert, describe, it } from "@effect/vitest"
import { INPUT_CREDIT_BYTES } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { Input } from "../../../src/worker/input/Input.ts"
import type { ByteSink } from "../../../src/worker/spawn/Spawner.ts"

/** A pipe whose reader takes bytes when the test says so. */
class ScriptedSink implements ByteSink {
  readonly writes: Array<{ readonly bytes: Uint8Array; readonly written: () => void }> = []
  readonly taken: Array<number> = []
  #onClosed = (_errno: string | undefined): void => {}
  isEnded = false
  isDestroyed = false

  write(bytes: Uint8Array, written: () => void): void {
    assert.isFalse(this.isEnded || this.isDestroyed, "written after the end")
    this.writes.push({ bytes, written })
  }
  end(): void {
    this.isEnded = true
  }
  onClosed(listener: (errno: string | undefined) => void): void {
    this.#onClosed = listener
  }
  destroy(): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    this.#onClosed(undefined)
  }
  take(): void {
    const next = this.writes.shift()
    if (next === undefined) return
    this.taken.push(...next.bytes)
    next.written()
  }
  break(errno: string): void {
    this.#onClosed(errno)
  }
}

const makeInput = () => {
  const sink = new ScriptedSink()
  const told = { credit: 0, closed: [] as Array<string | undefined> }
  const stream = new Input(sink)
  const input = stream.open({
    credit: (bytes) => (told.credit += bytes),
    closed: (errno) => void told.closed.push(errno)
  })
  return { sink, told, stream, input }
}

describe("an input", () => {
  it("takes as much as the credit at once", () => {
    const { input, sink } = makeInput()
    assert.isTrue(input.write(new Uint8Array(INPUT_CREDIT_BYTES)))
    assert.isFalse(sink.isDestroyed)
  })

  it("closes at the first byte more, and says so once", () => {
    const { input, sink, told } = makeInput()
    input.write(new Uint8Array(INPUT_CREDIT_BYTES))
    assert.isFalse(input.write(new Uint8Array(1)))
    assert.isTrue(sink.isDestroyed)
    assert.strictEqual(told.closed.length, 1)
    assert.isTrue(input.write(new Uint8Array(1)))
    assert.strictEqual(sink.writes.length, 1)
  })

  it("hands nothing of a breach to the child", () => {
    const { input, sink } = makeInput()
    assert.isFalse(input.write(new Uint8Array(INPUT_CREDIT_BYTES + 1)))
    assert.strictEqual(sink.writes.length, 0)
  })

  it("takes nothing after its end", () => {
    const { input, sink } = makeInput()
    input.end()
    input.end()
    assert.isTrue(input.write(new Uint8Array(1)))
    assert.strictEqual(sink.writes.length, 0)
    assert.isTrue(sink.isEnded)
  })

  it("hands on no empty chunk, which would cost memory and no credit", () => {
    const { input, sink } = makeInput()
    for (let count = 0; count < 1000; count++) assert.isTrue(input.write(new Uint8Array(0)))
    assert.strictEqual(sink.writes.length, 0)
  })

  it("tells why the child reads no more, and takes nothing after it", () => {
    const { input, sink, told } = makeInput()
    sink.break("EPIPE")
    assert.deepStrictEqual(told.closed, ["EPIPE"])
    assert.isTrue(input.write(new Uint8Array(INPUT_CREDIT_BYTES + 1)))
    assert.strictEqual(sink.writes.length, 0)
  })

  it.prop(
    "gives an honest client its credit back, never more than was taken, and keeps the order",
    [
      Schema.Array(
        Schema.Union([Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })), Schema.Literal("take")])
      )
    ],
    ([steps]) => {
      const { input, stream, sink, told } = makeInput()
      let sent = 0
      for (const step of steps) {
        if (step === "take") sink.take()
        else if (sent + step <= INPUT_CREDIT_BYTES + told.credit) {
          assert.isTrue(input.write(new Uint8Array(step).fill(sent & 0xff)))
          sent += step
        }
        assert.isAtMost(told.credit, stream.totalBytes)
      }
      while (sink.writes.length > 0) sink.take()
      assert.strictEqual(stream.totalBytes, sent)
      assert.strictEqual(sink.taken.length, sent)
      // What is not given back yet is less than the client can do without.
      assert.isBelow(sent - told.credit, INPUT_CREDIT_BYTES)
      assert.isFalse(sink.isDestroyed)
    },
    { arbitrary: { runs: 40 } }
  )
})
