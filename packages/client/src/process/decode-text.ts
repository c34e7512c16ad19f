import { Io, type ProcessError } from "@spawnbroker/protocol"
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

/** Bytes as they come as text: a character that is split between two chunks comes with the second. */
export const decodeStream = (
  bytes: Stream.Stream<Uint8Array, ProcessError>,
  stream: string,
  invalid: InvalidUtf8
): Stream.Stream<string, ProcessError> =>
  // Text that cannot fail is decoded a batch of chunks at a time.
  invalid === "replace" ? Stream.decodeText(bytes) : decodeStrictly(bytes, stream)

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
