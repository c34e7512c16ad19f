import { Io, type ProcessError } from "@spawnbroker/protocol"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** What becomes of bytes that are not UTF-8: U+FFFD in their place, or the error `Io` with `EILSEQ`. */
export type InvalidUtf8 = "replace" | "fail"

const decoderFor = (invalid: InvalidUtf8) => new TextDecoder("utf-8", { fatal: invalid === "fail", ignoreBOM: true })

const attempt = (stream: string, decode: () => string): Effect.Effect<string, Io> =>
  Effect.try({ try: decode, catch: () => new Io({ operation: "read", stream, errno: "EILSEQ" }) })

/** Bytes that are all there as text. */
export const decodeWhole = (bytes: Uint8Array, stream: string, invalid: InvalidUtf8): Effect.Effect<string, Io> =>
  attempt(stream, () => decoderFor(invalid).decode(bytes))

/**
 * Text is decoded in pieces of so many bytes. A string of more than 128 KiB is one of V8's large objects, and so is the list
 * of its lines: to cut it into lines takes twice as long. Much smaller pieces cost more turns.
 */
const PIECE_BYTES = 64 * 1024

/** Chunks of {@link PIECE_BYTES} at most, one a pull. */
const inPieces = (bytes: Stream.Stream<Uint8Array, ProcessError>): Stream.Stream<Uint8Array, ProcessError> =>
  Stream.rechunk(Stream.mapArray(bytes, Arr.flatMap(piecesOf)), 1)

const piecesOf = (chunk: Uint8Array): Arr.NonEmptyArray<Uint8Array> => {
  const pieces: Arr.NonEmptyArray<Uint8Array> = [chunk.subarray(0, PIECE_BYTES)]
  for (let at = PIECE_BYTES; at < chunk.byteLength; at += PIECE_BYTES) pieces.push(chunk.subarray(at, at + PIECE_BYTES))
  return pieces
}

/** Bytes as they come as text: a character that is split between two chunks comes with the second. */
export const decodeStream = (
  bytes: Stream.Stream<Uint8Array, ProcessError>,
  stream: string,
  invalid: InvalidUtf8
): Stream.Stream<string, ProcessError> =>
  invalid === "replace" ? Stream.decodeText(inPieces(bytes)) : decodeStrictly(inPieces(bytes), stream)

const decodeStrictly = (
  bytes: Stream.Stream<Uint8Array, ProcessError>,
  stream: string
): Stream.Stream<string, ProcessError> =>
  Stream.suspend(() => {
    const decoder = decoderFor("fail")
    const rest = Stream.fromEffect(attempt(stream, () => decoder.decode()))
    return bytes.pipe(
      Stream.mapEffect((chunk) => attempt(stream, () => decoder.decode(chunk, { stream: true }))),
      Stream.concat(rest)
    )
  })
