/**
 * A copy with a buffer of its own, which can be transferred. (The `slice` of a Node `Buffer`, which is a `Uint8Array`
 * too, would be a view: its buffer is the caller's, or the pool's.)
 */
export const copyBytes = (bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.subarray(from, to))

/** All the pieces in one buffer of its own. */
export const concatBytes = (pieces: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.byteLength
  }
  return whole
}
