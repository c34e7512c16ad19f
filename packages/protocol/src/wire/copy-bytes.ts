/**
 * A copy with a buffer of its own, which can be transferred. (The `slice` of a Node `Buffer`, which is a `Uint8Array`
 * too, would be a view: its buffer is the caller's, or the pool's.)
 */
export const copyBytes = (bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.subarray(from, to))
