import { assert, describe, it } from "@effect/vitest"
import type { Fd } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { Replay } from "../../../src/worker/output/Replay.ts"

const byteAt = (fd: Fd, offset: number): number => (offset * 31 + fd * 7 + (offset >> 8)) & 0xff
const chunkAt = (fd: Fd, offset: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => byteAt(fd, offset + at))

/** Streams that are added piece by piece, as they come out of a process. */
class Writing {
  readonly replay: Replay
  readonly totals = new Map<Fd, number>()
  /** Each piece in its order: which bytes came when. */
  readonly log: Array<{ readonly fd: Fd; readonly offset: number; readonly length: number }> = []

  constructor(capacity: number) {
    this.replay = new Replay(capacity)
  }

  write(fd: Fd, length: number): void {
    const offset = this.totals.get(fd) ?? 0
    this.replay.add(fd, offset, this.log.length, chunkAt(fd, offset, length))
    this.totals.set(fd, offset + length)
    this.log.push({ fd, offset, length })
  }
}

const Writes = Schema.Array(
  Schema.Struct({
    fd: Schema.Literals([1, 2, 3]),
    length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3000 }))
  })
)
const CAPACITY = 5000
const runs = { arbitrary: { runs: 300, size: 60 } }
const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0)

describe("a replay", () => {
  it.prop(
    "is the last bytes of all streams together, each at its place and in the order of arrival",
    [Writes],
    ([writes]) => {
      const writing = new Writing(CAPACITY)
      for (const { fd, length } of writes) writing.write(fd, length)
      const pieces = writing.replay.read(() => true)
      const total = sum(writes.map(({ length }) => length))
      assert.strictEqual(sum(pieces.map(({ bytes }) => bytes.byteLength)), Math.min(total, CAPACITY))
      for (const { fd, offset, bytes } of pieces) {
        assert.deepStrictEqual([...bytes], [...chunkAt(fd, offset, bytes.byteLength)])
      }
      // Byte by byte, it is the end of what was written.
      const everything = writing.log.flatMap(({ fd, offset, length }) =>
        Array.from({ length }, (_, at) => `${fd}:${offset + at}`)
      )
      const kept = pieces.flatMap(({ fd, offset, bytes }) => Array.from(bytes, (_, at) => `${fd}:${offset + at}`))
      assert.deepStrictEqual(kept, everything.slice(everything.length - kept.length))
      for (let i = 1; i < pieces.length; i++) assert.isAbove(pieces[i]!.arrival, pieces[i - 1]!.arrival)
    },
    runs
  )

  it.prop(
    "gives of one stream what comes after an offset, and holds no more memory than it may",
    [Writes, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))],
    ([writes, from]) => {
      const writing = new Writing(CAPACITY)
      for (const { fd, length } of writes) {
        writing.write(fd, length)
        assert.isAtMost(writing.replay.byteLength, CAPACITY)
      }
      const pieces = writing.replay.read(
        (fd) => fd === 2,
        () => from
      )
      let next = pieces[0]?.offset ?? Math.max(from, writing.totals.get(2) ?? 0)
      for (const { offset, bytes } of pieces) {
        assert.strictEqual(offset, next)
        assert.isAtLeast(offset, from)
        next = offset + bytes.byteLength
      }
      assert.strictEqual(next, Math.max(next, writing.totals.get(2) ?? 0))
    },
    runs
  )

  it("keeps nothing where it may keep nothing", () => {
    const writing = new Writing(0)
    writing.write(1, 100)
    assert.deepStrictEqual(
      writing.replay.read(() => true),
      []
    )
    assert.strictEqual(writing.replay.byteLength, 0)
  })

  it("keeps the end of a chunk that is longer than all it may keep", () => {
    const writing = new Writing(100)
    writing.write(1, 1000)
    const [piece, ...more] = writing.replay.read(() => true)
    assert.deepStrictEqual(more, [])
    assert.strictEqual(piece!.offset, 900)
    assert.deepStrictEqual([...piece!.bytes], [...chunkAt(1, 900, 100)])
  })

  it("bounds what it has to remember of a process that says a byte here and a byte there", () => {
    const writing = new Writing(1024 * 1024)
    for (let byte = 0; byte < 20_000; byte++) writing.write(byte % 2 === 0 ? 1 : 2, 1)
    const pieces = writing.replay.read(() => true)
    assert.isAtMost(pieces.length, 4096)
    assert.strictEqual(pieces.at(-1)!.offset, 9999)
  })
})
