import { createHash } from "node:crypto"
import type { MakeBuiltIn } from "../BuiltInTransform.ts"

/** One value at the end: the hash of everything. */
export const digest: MakeBuiltIn = (emit, { algorithm = "sha256" }: { readonly algorithm?: string }) => {
  const hash = createHash(algorithm)
  let bytes = 0
  return {
    step: (chunk) => {
      bytes += chunk.byteLength
      hash.update(chunk)
    },
    end: () => emit(Uint8Array.from(Buffer.from(`${JSON.stringify({ algorithm, hex: hash.digest("hex"), bytes })}\n`)))
  }
}
