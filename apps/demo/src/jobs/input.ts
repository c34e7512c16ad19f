/** What the demo feeds to processes through stdin. Each chunk is made when it is due, not all at the start. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"

/** Chunks by their number, from 0. */
export interface Source {
  readonly chunks: number
  readonly chunk: (index: number) => Uint8Array
}

/** Between two chunks. It gives a process a life of a few seconds that one can watch. */
const PACE_MS = 60

/** The first chunk at once; the others, and the end of the input, only once `gate` is done, and at a pace. */
export const pacedInput = ({ chunks, chunk }: Source, gate: Effect.Effect<void>): Stream.Stream<Uint8Array> =>
  Stream.range(0, chunks - 1).pipe(
    Stream.mapEffect((index) => Effect.as(index === 0 ? Effect.void : Effect.andThen(gate, Effect.sleep(PACE_MS)), chunk(index)))
  )

export const CHUNK_BYTES = 64 * 1024
const HALF = CHUNK_BYTES / 2

/** Half noise, half text, which gzip makes about half as small. Each chunk is a little different from the last. */
export const mixedBytes = (chunks: number): Source => {
  const slab = Buffer.concat([randomBytes(HALF), Buffer.alloc(CHUNK_BYTES, "The quick brown fox jumps over the lazy dog.\n")])
  const offset = (index: number): number => (index * 977) % HALF
  return { chunks, chunk: (index) => slab.subarray(offset(index), offset(index) + CHUNK_BYTES) }
}

/** A prime, so that its multiples, modulo a count that it does not divide, are all the numbers below that count. */
const STRIDE = 7919

/** The numbers below `count`, one a line, in no order. They have the same width, so that text sorts as numbers do. */
export const numberLines = (count: number, chunks: number): Source => ({
  chunks,
  chunk: (index) => Buffer.from(toLines(count / chunks, (at) => ((index * count / chunks + at) * STRIDE) % count))
})

export const toLines = (count: number, numberAt: (index: number) => number): string =>
  Array.from({ length: count }, (_, index) => `${String(numberAt(index)).padStart(8, "0")}\n`).join("")
