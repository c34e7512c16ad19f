import { type InvalidArgument, LimitExceeded, type ProcessError, type Transform } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { NEWLINE } from "../process/Incoming.ts"
import { MAX_LINE_BYTES } from "../process/read.ts"
import { ByteQueue } from "../run/ByteQueue.ts"

/** The values that a transform has made, of the bytes in which they come: JSON, a line each. */
export const decodeResults = <Value>(
  bytes: Stream.Stream<Uint8Array, ProcessError>,
  { decode }: Transform<Value>
): Stream.Stream<Value, ProcessError> =>
  Stream.suspend(() => {
    const lines = new ResultLines()
    const values = (texts: ReadonlyArray<string>): Stream.Stream<Value, InvalidArgument> => {
      const { decoded, error } = decodeAll(texts, decode)
      const all = Stream.fromIterable(decoded)
      return error === undefined ? all : Stream.concat(all, Stream.fail(error))
    }
    return bytes.pipe(
      Stream.mapEffect((chunk) => Effect.fromResult(lines.push(chunk))),
      Stream.flatMap(values),
      Stream.concat(Stream.suspend(() => values(lines.end())))
    )
  })

/** Those before the first that does not fit, and what is wrong with that one. */
const decodeAll = <Value>(
  texts: ReadonlyArray<string>,
  decode: Transform<Value>["decode"]
): { readonly decoded: ReadonlyArray<Value>; readonly error: InvalidArgument | undefined } => {
  const decoded: Array<Value> = []
  for (const text of texts) {
    const result = decode(text)
    if (Result.isFailure(result)) return { decoded, error: result.failure }
    decoded.push(result.success)
  }
  return { decoded, error: undefined }
}

/** Lines of bytes that are there during the call only. */
class ResultLines {
  readonly #decoder = new TextDecoder()
  #begun = new ByteQueue()

  push(chunk: Uint8Array): Result.Result<ReadonlyArray<string>, LimitExceeded> {
    const end = chunk.lastIndexOf(NEWLINE) + 1
    const texts = end === 0 ? [] : this.#complete(chunk.subarray(0, end))
    if (end < chunk.byteLength) this.#begun.push(chunk.slice(end))
    return this.#begun.byteLength <= MAX_LINE_BYTES
      ? Result.succeed(texts)
      : Result.fail(new LimitExceeded({ limit: "lineBytes", maximum: MAX_LINE_BYTES }))
  }

  end(): ReadonlyArray<string> {
    return this.#begun.byteLength === 0 ? [] : this.#complete(new Uint8Array())
  }

  #complete(last: Uint8Array): ReadonlyArray<string> {
    let whole = last
    if (this.#begun.byteLength > 0) {
      this.#begun.push(last)
      whole = this.#begun.toBytes()
      this.#begun = new ByteQueue()
    }
    return this.#decoder
      .decode(whole)
      .split("\n")
      .filter((line) => line !== "")
  }
}
