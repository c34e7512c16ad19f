import { assert, describe, it } from "@effect/vitest"
import { concatBytes } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { type Keep, KeptOutput } from "../../src/run/KeptOutput.ts"
import type { Piece } from "../../src/run/Piece.ts"

type Size = readonly [from: Piece["from"], size: number]

/** Chunks of these sizes, whose bytes are numbered through, so that none can stand for another. */
const chunksOf = (sizes: ReadonlyArray<Size>): ReadonlyArray<Piece> => {
  let next = 0
  return sizes.map(([from, size]) => ({
    from,
    bytes: Uint8Array.from({ length: size }, () => next++ % 251)
  }))
}

/** What is kept, said in the simplest way: every byte with its stream, then those that are over the limit left out. */
const expected = (chunks: ReadonlyArray<Piece>, maxBytes: number, keep: Keep) => {
  const all = chunks.flatMap(({ from, bytes }) => [...bytes].map((byte) => ({ from, byte })))
  const kept = (stream: Piece["from"]) => {
    const own = all.filter(({ from }) => from === stream)
    return keep === "head" ? own.slice(0, maxBytes) : own.slice(Math.max(0, own.length - maxBytes))
  }
  const [stdout, stderr] = [kept("stdout"), kept("stderr")]
  const either = new Set([...stdout, ...stderr])
  const omitted = (stream: Piece["from"], own: ReadonlyArray<unknown>) =>
    all.filter(({ from }) => from === stream).length - own.length
  return {
    stdoutBytes: stdout.map(({ byte }) => byte),
    stderrBytes: stderr.map(({ byte }) => byte),
    allBytes: all.filter((each) => either.has(each)).map(({ byte }) => byte),
    omittedBytes: { stdout: omitted("stdout", stdout), stderr: omitted("stderr", stderr) }
  }
}

const keepAll = (chunks: ReadonlyArray<Piece>, maxBytes: number, keep: Keep) => {
  const output = new KeptOutput(maxBytes, keep)
  for (const chunk of chunks) output.add(chunk)
  const { stdoutBytes, stderrBytes, allBytes, omittedBytes } = output.finish()
  return {
    stdoutBytes: [...stdoutBytes],
    stderrBytes: [...stderrBytes],
    allBytes: [...allBytes],
    omittedBytes
  }
}

const Pieces = Schema.Array(
  Schema.Tuple([
    Schema.Literals(["stdout", "stderr"]),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 }))
  ])
).check(Schema.isMaxLength(60))
const Limit = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2000 }))

describe("kept output", () => {
  for (const keep of ["head", "tail"] as const) {
    it.prop(
      `is the ${keep} of each stream, and of both in their order, whatever the chunks`,
      [Pieces, Limit],
      ([pieces, limit]) => {
        const chunks = chunksOf(pieces)
        assert.deepStrictEqual(keepAll(chunks, limit, keep), expected(chunks, limit, keep))
      }
    )

    it(`is the ${keep} of long streams that alternate byte by byte`, () => {
      const chunks = chunksOf(
        Array.from({ length: 20_000 }, (_, index): Size => [index % 3 === 0 ? "stderr" : "stdout", 1 + (index % 7)])
      )
      for (const limit of [1, 1000, 30_000]) {
        assert.deepStrictEqual(keepAll(chunks, limit, keep), expected(chunks, limit, keep))
      }
    })
  }

  it("of which only one stream was used is not copied for `all`", () => {
    const output = new KeptOutput(100, "head")
    output.add(chunksOf([["stderr", 10]])[0]!)
    const { allBytes, stderrBytes } = output.finish()
    assert.strictEqual(allBytes, stderrBytes)
  })

  it("of a gigabyte has the right numbers, of runs too long for 32 bits", () => {
    const output = new KeptOutput(10, "tail")
    const bytes = new Uint8Array(16 * 1024 * 1024)
    output.add({ from: "stderr", bytes: Uint8Array.of(1, 2, 3) })
    for (let count = 0; count < 300; count++) output.add({ from: "stdout", bytes })
    output.add({ from: "stdout", bytes: Uint8Array.of(7) })
    const { allBytes, omittedBytes } = output.finish()
    assert.deepStrictEqual(omittedBytes, { stdout: 300 * bytes.byteLength + 1 - 10, stderr: 0 })
    assert.deepStrictEqual([...allBytes], [1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7])
  })

  it("holds no chunk that it was given, so that a byte costs a byte", () => {
    const chunk = { from: "stdout" as const, bytes: Uint8Array.of(1, 2, 3) }
    const output = new KeptOutput(100, "head")
    output.add(chunk)
    chunk.bytes.fill(0)
    assert.deepStrictEqual(output.finish().stdoutBytes, concatBytes([Uint8Array.of(1, 2, 3)]))
  })
})
