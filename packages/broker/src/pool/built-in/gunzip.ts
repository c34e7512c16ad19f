import { createGunzip } from "node:zlib"
import type { MakeBuiltIn } from "../BuiltInTransform.ts"
import { InputError } from "../failure-of.ts"

/** What one step makes at most, and one piece. A few bytes of gzip can be a thousand times as many. */
const STEP_BYTES = 256 * 1024
const PIECE_BYTES = 64 * 1024

/**
 * What was compressed. zlib works in threads of its own; what it has made is taken from it piece by piece, and while nobody takes
 * any it makes no more.
 */
export const gunzip: MakeBuiltIn = (emit) => {
  const stream = createGunzip({ chunkSize: PIECE_BYTES })
  let error: Error | undefined
  /** It has not taken all that it was given. */
  let isWriting = false
  let isEnding = false
  let wake = (): void => {}
  for (const event of ["readable", "end", "close"]) stream.on(event, () => wake())
  stream.on("error", (cause) => {
    error = cause
    wake()
  })
  /** Takes until it has made all there is, or enough for a step. */
  const take = async (): Promise<void> => {
    for (let taken = 0; taken < STEP_BYTES;) {
      if (error !== undefined) throw new InputError(`it is not gzip: ${error.message}`)
      const piece = stream.read() as Buffer | null
      if (piece !== null) {
        taken += piece.byteLength
        emit(Uint8Array.from(piece))
      } else if (stream.readableEnded || (!isWriting && !isEnding)) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    step: (bytes) => {
      if (bytes.byteLength > 0) {
        isWriting = true
        // What is written is read in the background, and the step's memory is another's after it.
        stream.write(Buffer.from(bytes), () => {
          isWriting = false
          wake()
        })
      }
      return take()
    },
    end: () => {
      isEnding = true
      stream.end()
      return take()
    },
    hasMore: () => isWriting || stream.readableLength > 0 || (isEnding && !stream.readableEnded),
    close: () => stream.destroy()
  }
}
