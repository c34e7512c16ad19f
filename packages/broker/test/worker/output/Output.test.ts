import { assert, describe, it } from "@effect/vitest"
import { eagerBytes, MAX_FRAME_BYTES, type Unread } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { Output } from "../../../src/worker/output/Output.ts"
import { Subscription } from "../../../src/worker/output/Subscription.ts"
import type { ByteSource } from "../../../src/worker/spawn/Spawner.ts"

/** Byte number `offset` of every stream here, so that a byte out of its place is seen. */
const byteAt = (offset: number): number => (offset * 31 + (offset >> 8)) & 0xff

/** A pipe as the kernel has one: gives nothing while it is paused, and then what has been waiting. */
class ScriptedSource implements ByteSource {
  #listener: Parameters<ByteSource["start"]>[0] | undefined
  #waiting: Array<number> = []
  #written = 0
  #closed = false
  isPaused = false
  isDestroyed = false

  start(listener: Parameters<ByteSource["start"]>[0]): void {
    this.#listener = listener
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  destroy(): void {
    this.isDestroyed = true
  }

  get isBlocked(): boolean {
    return this.#waiting.length > 0
  }
  write(size: number): void {
    this.#waiting.push(size)
  }
  close(): void {
    this.#closed = true
  }
  /** A turn of the loop: what can be read is read. */
  turn(): void {
    while (!this.isPaused && !this.isDestroyed && this.#waiting.length > 0) {
      const from = this.#written
      this.#written += this.#waiting.shift()!
      this.#listener!.data(Uint8Array.from({ length: this.#written - from }, (_, at) => byteAt(from + at)))
    }
    if (this.#closed && !this.isPaused && !this.isDestroyed && this.#waiting.length === 0) {
      this.#closed = false
      this.#listener!.end()
    }
  }
}

/** Looks at everything that an output says, at the moment when it says it. */
class Witness {
  readonly source = new ScriptedSource()
  readonly output: Output
  readonly reader: Subscription
  readonly #windowBytes: number
  readonly #largest: number
  nextOffset = 0
  delivered = 0
  skipped = 0
  granted: number
  ends = 0
  endings = 0
  #gapAnnounced = false

  constructor(windowBytes: number, unread: Unread, largest: number) {
    this.#windowBytes = windowBytes
    this.#largest = largest
    this.granted = eagerBytes(windowBytes)
    let arrivals = 0
    this.output = new Output(1, this.source, {
      reads: () => {},
      arrived: () => arrivals++,
      ended: () => this.endings++
    })
    this.reader = new Subscription(1, 0, windowBytes, unread, {
      dropped: () => (this.#gapAnnounced = true),
      data: (_fd, bytes, offset) => this.#data(bytes, offset),
      end: () => this.ends++,
      changed: () => this.output.regulate()
    })
    this.output.add(this.reader)
    this.output.start()
  }

  get held(): number {
    return this.output.totalBytes - this.delivered - this.reader.droppedBytes
  }

  grant(bytes: number): void {
    this.granted += bytes
    this.reader.grant(bytes)
    this.look()
  }

  turn(): void {
    this.source.turn()
    this.look()
  }

  look(): void {
    const collected = this.#windowBytes >> 2
    const chunk = collected + this.#largest
    assert.isAtMost(
      this.held,
      this.#windowBytes + chunk + collected,
      "more is held than a window and what is collected"
    )
    assert.isAtMost(this.delivered, this.granted + chunk, "more was sent than was asked for")
    assert.isAtMost(this.skipped, this.reader.droppedBytes, "what was skipped was not counted")
    assert.isAtMost(this.ends, 1)
  }

  #data(bytes: Uint8Array, offset: number): void {
    assert.strictEqual(this.ends, 0, "data after the end")
    assert.isAbove(bytes.byteLength, 0)
    assert.isAtMost(bytes.byteLength, MAX_FRAME_BYTES)
    assert.isAtLeast(offset, this.nextOffset, "data came twice, or out of order")
    if (offset > this.nextOffset) assert.isTrue(this.#gapAnnounced, "a gap of which nobody was told")
    this.#gapAnnounced = false
    for (let at = 0; at < bytes.byteLength; at += 1 + (bytes.byteLength >> 6))
      assert.strictEqual(bytes[at], byteAt(offset + at))
    this.skipped += offset - this.nextOffset
    this.nextOffset = offset + bytes.byteLength
    this.delivered += bytes.byteLength
  }
}

const Step = Schema.Union([
  Schema.Struct({ write: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20_000 })) }),
  Schema.Struct({ grant: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30_000 })) }),
  Schema.Struct({ turn: Schema.Literal(true) }),
  Schema.Struct({ drain: Schema.Literal(true) })
])
type Step = typeof Step.Type
const LARGEST = 20_000
const WINDOW = 8192
const Steps = Schema.Array(Step)
const runs = { arbitrary: { runs: 300, size: 60 } }

const perform = (witness: Witness, step: Step): void => {
  if ("write" in step) witness.source.write(step.write)
  else if ("grant" in step) witness.grant(step.grant)
  else if ("drain" in step) witness.reader.drain()
  else witness.turn()
  witness.look()
}

/** Lets everything through that is still under way. */
const finish = (witness: Witness): void => {
  witness.source.close()
  for (let round = 0; witness.ends === 0 || witness.source.isBlocked; round++) {
    assert.isBelow(round, 10_000, "it never ends")
    witness.turn()
    witness.grant(WINDOW)
  }
}

describe("an output", () => {
  for (const unread of ["auto", "block", "tail"] as const) {
    it.prop(
      `with \`unread: "${unread}"\` delivers in order, skips only what it counts, and holds no more than a window and a chunk`,
      [Steps],
      ([steps]) => {
        const witness = new Witness(WINDOW, unread, LARGEST)
        for (const step of steps) perform(witness, step)
        finish(witness)
        assert.strictEqual(witness.delivered + witness.reader.droppedBytes, witness.output.totalBytes)
        assert.strictEqual(
          witness.skipped + (witness.output.totalBytes - witness.nextOffset),
          witness.reader.droppedBytes
        )
        assert.strictEqual(witness.endings, 1)
        assert.isTrue(witness.reader.isSettled)
      },
      runs
    )
  }

  it.prop(
    "drops nothing unless it was drained",
    [Steps],
    ([steps]) => {
      const witness = new Witness(WINDOW, "auto", LARGEST)
      for (const step of steps) if (!("drain" in step)) perform(witness, step)
      finish(witness)
      assert.strictEqual(witness.reader.droppedBytes, 0)
      assert.strictEqual(witness.delivered, witness.output.totalBytes)
    },
    runs
  )

  it.prop(
    'drops nothing with `unread: "block"`, however often it is drained',
    [Steps],
    ([steps]) => {
      const witness = new Witness(WINDOW, "block", LARGEST)
      for (const step of steps) perform(witness, step)
      finish(witness)
      assert.strictEqual(witness.reader.droppedBytes, 0)
    },
    runs
  )

  it.prop(
    'never blocks its process with `unread: "tail"`',
    [Steps],
    ([steps]) => {
      const witness = new Witness(WINDOW, "tail", LARGEST)
      for (const step of steps) {
        perform(witness, step)
        witness.turn()
        assert.isFalse(witness.source.isBlocked)
      }
    },
    runs
  )

  it.prop(
    "never blocks its process once it was drained, until a reader comes",
    [Steps],
    ([steps]) => {
      const witness = new Witness(WINDOW, "auto", LARGEST)
      witness.reader.drain()
      for (const step of steps) {
        if ("grant" in step) continue
        perform(witness, step)
        witness.turn()
        assert.isFalse(witness.source.isBlocked)
      }
    },
    runs
  )

  it.prop(
    "never blocks its process once it was abandoned, and sends nothing more",
    [Steps],
    ([steps]) => {
      const witness = new Witness(WINDOW, "auto", LARGEST)
      witness.reader.abandon()
      for (const step of steps) {
        perform(witness, step)
        witness.turn()
        assert.isFalse(witness.source.isBlocked)
      }
      assert.strictEqual(witness.delivered, 0)
      assert.strictEqual(witness.reader.droppedBytes, witness.output.totalBytes)
    },
    runs
  )

  it("sends so much unasked, and no more", () => {
    const witness = new Witness(1024 * 1024, "auto", 16_384)
    for (let chunk = 0; chunk < 20; chunk++) witness.source.write(16_384)
    witness.turn()
    assert.strictEqual(witness.delivered, 64 * 1024)
    assert.strictEqual(witness.held, 16 * 16_384)
  })

  it("stops reading at a full window, and reads on when there is room", () => {
    const witness = new Witness(WINDOW, "auto", 4096)
    for (let chunk = 0; chunk < 10; chunk++) witness.source.write(4096)
    witness.turn()
    assert.isTrue(witness.source.isPaused)
    assert.isTrue(witness.source.isBlocked)
    witness.grant(4096)
    assert.isFalse(witness.source.isPaused)
  })

  it("keeps no more credit than a window, however much is claimed", () => {
    const witness = new Witness(WINDOW, "auto", 4096)
    for (let claim = 0; claim < 100; claim++) witness.reader.grant(Number.MAX_SAFE_INTEGER)
    for (let chunk = 0; chunk < 100; chunk++) witness.source.write(4096)
    witness.source.turn()
    assert.isAtMost(witness.delivered, WINDOW + 4096)
    assert.isTrue(witness.source.isPaused)
  })

  it("is unharmed by credits of nothing", () => {
    const witness = new Witness(WINDOW, "auto", 4096)
    for (let chunk = 0; chunk < 100; chunk++) witness.source.write(4096)
    for (let claim = 0; claim < 1000; claim++) witness.grant(0)
    witness.turn()
    assert.strictEqual(witness.delivered, WINDOW)
  })

  it("keeps the newest bytes of a stream that nobody reads, also where one chunk is more than the window", () => {
    const witness = new Witness(4096, "tail", 20_000)
    witness.source.write(4096)
    witness.turn()
    witness.source.write(20_000)
    witness.turn()
    finish(witness)
    assert.strictEqual(witness.nextOffset, 24_096)
    assert.isAtLeast(witness.delivered, 4096 + 4096)
  })

  it("says its end once, after the last byte, also where there was none", () => {
    for (const size of [0, 100]) {
      const witness = new Witness(WINDOW, "auto", 4096)
      if (size > 0) witness.source.write(size)
      witness.source.close()
      witness.turn()
      assert.strictEqual(witness.ends, 1)
      assert.strictEqual(witness.delivered, size)
      assert.isTrue(witness.reader.isSettled)
      witness.output.destroy()
      witness.grant(100)
      assert.strictEqual(witness.ends, 1)
    }
  })

  it("keeps what is held after the end of its source, until a reader comes", () => {
    const witness = new Witness(WINDOW, "auto", WINDOW)
    witness.source.write(WINDOW)
    witness.source.write(WINDOW)
    witness.source.close()
    witness.turn()
    assert.strictEqual(witness.ends, 0)
    assert.isFalse(witness.reader.isSettled)
    witness.grant(WINDOW)
    witness.turn()
    assert.strictEqual(witness.ends, 1)
    assert.strictEqual(witness.delivered, 2 * WINDOW)
  })

  it("gives each of several the same bytes, each with a buffer of its own", () => {
    const source = new ScriptedSource()
    const output = new Output(1, source, { reads: () => {}, arrived: () => 0, ended: () => {} })
    const seen: Array<Uint8Array> = []
    const listener = {
      data: (_fd: number, bytes: Uint8Array) => seen.push(bytes),
      dropped() {},
      end() {},
      changed() {}
    }
    for (let reader = 0; reader < 3; reader++) output.add(new Subscription(1, 0, WINDOW, "auto", listener))
    output.start()
    source.write(100)
    source.turn()
    assert.strictEqual(new Set(seen.map(({ buffer }) => buffer)).size, 3)
    for (const bytes of seen) assert.deepStrictEqual([...bytes], [...seen[0]!])
  })

  it("is held up by the slowest who may, and by nobody who may not", () => {
    const source = new ScriptedSource()
    const output: Output = new Output(1, source, { reads: () => {}, arrived: () => 0, ended: () => {} })
    const listener = { data() {}, dropped() {}, end() {}, changed: () => output.regulate() }
    const slow = new Subscription(1, 0, WINDOW, "block", listener)
    const observer = new Subscription(1, 0, WINDOW, "tail", listener)
    output.add(slow)
    output.add(observer)
    output.start()
    for (let chunk = 0; chunk < 10; chunk++) source.write(4096)
    source.turn()
    assert.isTrue(source.isPaused)
    slow.grant(4096)
    assert.isFalse(source.isPaused)
    source.turn()
    assert.isTrue(source.isPaused)
    output.remove(slow)
    assert.isFalse(source.isPaused)
    source.turn()
    assert.isFalse(source.isBlocked)
    assert.isAbove(observer.droppedBytes, 0)
  })
})
