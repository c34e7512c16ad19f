/** What the demo feeds to processes through stdin. Each chunk is made when it is due, not all at the start. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"

/** Chunks by their number, from 0. */
export interface Source {
  readonly chunks: number
  readonly chunk: (index: number) => Uint8Array
}

/**
 * The first chunk at once; the others, and the end of the input, only once `gate` is done, and spread over some seconds: a
 * life that one can watch.
 */
export const pacedInput = (
  { chunks, chunk }: Source,
  seconds: number,
  gate: Effect.Effect<void>
): Stream.Stream<Uint8Array> => {
  const pause = Effect.andThen(gate, Effect.sleep((seconds * 1000) / chunks))
  return Stream.range(0, chunks - 1).pipe(
    Stream.mapEffect((index) => Effect.map(index === 0 ? Effect.void : pause, () => chunk(index)))
  )
}

const encoder = new TextEncoder()

export const CHUNK_BYTES = 64 * 1024
const HALF = CHUNK_BYTES / 2

const FILLER = "The quick brown fox jumps over the lazy dog, to and fro and back\n"

/** Half noise, half text, which gzip makes about half as small. Each chunk is a little different from the last. */
export const mixedBytes = (chunks: number): Source => {
  const slab = new Uint8Array(HALF + CHUNK_BYTES)
  slab.set(randomBytes(HALF))
  slab.set(encoder.encode(FILLER.repeat(CHUNK_BYTES / FILLER.length)), HALF)
  const offset = (index: number): number => (index * 977) % HALF
  return { chunks, chunk: (index) => slab.subarray(offset(index), offset(index) + CHUNK_BYTES) }
}

/** A prime, so that its multiples, modulo a count that it does not divide, are all the numbers below that count. */
const STRIDE = 7919

/** The numbers below `count`, one a line, in no order. They have the same width, so that text sorts as numbers do. */
export const numberLines = (count: number, chunks: number): Source => ({
  chunks,
  chunk: (index) => encoder.encode(toLines(count / chunks, (at) => (((index * count) / chunks + at) * STRIDE) % count))
})

export const toLines = (count: number, numberAt: (index: number) => number): string =>
  Array.from({ length: count }, (_, index) => `${String(numberAt(index)).padStart(8, "0")}\n`).join("")
