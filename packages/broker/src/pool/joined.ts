/** What goes as it is. Smaller pieces are joined: each costs its own on the way. */
const LARGE_BYTES = 64 * 1024

/** The same bytes, in few pieces, each in a buffer of its own. */
export const joined = (pieces: ReadonlyArray<Uint8Array<ArrayBuffer>>): ReadonlyArray<Uint8Array<ArrayBuffer>> => {
  if (pieces.length === 1 && pieces[0]!.byteLength >= LARGE_BYTES && isOwn(pieces[0]!)) return pieces
  const total = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
  if (total === 0) return []
  const all = new Uint8Array(total)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return [all]
}

const isOwn = ({ buffer, byteLength }: Uint8Array<ArrayBuffer>): boolean => buffer.byteLength === byteLength
