import { zstdDecompressSync } from "node:zlib"

/** What was compressed, which had so many bytes. */
export const expand = (data: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> => {
  const expanded = zstdDecompressSync(data, { maxOutputLength: Math.max(bytes, 1) })
  // In memory of its own, since it is handed on.
  return new Uint8Array(expanded)
}
